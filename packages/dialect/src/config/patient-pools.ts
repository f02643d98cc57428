import {
  GenericPool,
  NullPool,
  type PoolClass,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'

/**
 * Whether it is all the same to the pool class that two queries are there at once. An `AssertionPool` has to report it. Nobody
 * knows what a user's class does, and its `takeBack` may fail.
 */
export function isPatient(poolclass: PoolClass): boolean {
  return PATIENT.has(poolclass)
}

const PATIENT: ReadonlySet<PoolClass> = new Set([
  GenericPool,
  NullPool,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
])
