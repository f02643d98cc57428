import type { PoolClassName } from '@poolclass/dialect'

export const POOL_CLASSES: readonly PoolClassName[] = [
  'SingletonThreadPool',
  'StaticPool',
  'NullPool',
  'QueuePool',
  'GenericPool',
  'AssertionPool',
]
