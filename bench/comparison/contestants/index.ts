import type { PoolClassName } from '@poolclass/dialect'
import type { Contestant } from './contestant.ts'

const POOL_CLASSES: readonly PoolClassName[] = [
  'SingletonThreadPool',
  'StaticPool',
  'QueuePool',
  'NullPool',
  'AssertionPool',
]

/** With whom the others are compared. */
export const BASELINE = 'SqliteDialect'

export const contestants: readonly Contestant[] = [
  ...POOL_CLASSES.map((poolclass) => poolclassContestant(poolclass, 0)),
  ...POOL_CLASSES.map((poolclass) => poolclassContestant(poolclass, 1)),
  {
    name: BASELINE,
    group: 'Kysely dialects',
    load: async () => (await import('./sqlite-dialect.ts')).open,
    lendsMany: false,
  },
  {
    name: 'kysely-generic-sqlite',
    group: 'Kysely dialects',
    load: async () => (await import('./generic-sqlite.ts')).open,
    lendsMany: false,
  },
  {
    name: 'kysely-generic-sqlite, worker',
    group: 'Kysely dialects',
    load: async () => (await import('./generic-sqlite-worker.ts')).open,
    lendsMany: false,
  },
  {
    name: 'better-sqlite3',
    group: 'drivers, without Kysely',
    load: async () => (await import('./better-sqlite3.ts')).open,
    lendsMany: false,
  },
  {
    name: 'node:sqlite',
    group: 'drivers, without Kysely',
    load: async () => (await import('./node-sqlite.ts')).open,
    lendsMany: false,
  },
  {
    name: 'libsql',
    group: 'drivers, without Kysely',
    load: async () => (await import('./libsql.ts')).open,
    lendsMany: false,
  },
  {
    name: 'sqlite3',
    group: 'drivers, without Kysely',
    load: async () => (await import('./sqlite3.ts')).open,
    lendsMany: false,
  },
]

function poolclassContestant(poolclass: PoolClassName, threads: number): Contestant {
  return {
    name: threads === 0 ? poolclass : `${poolclass}, threads: ${threads}`,
    group: threads === 0 ? 'Poolclass' : 'Poolclass, one thread',
    load: async () => (await import('./poolclass.ts')).opener(poolclass, threads),
    lendsMany: poolclass === 'QueuePool' || poolclass === 'NullPool',
  }
}

export function contestantNamed(name: string): Contestant {
  const contestant = contestants.find((each) => each.name === name)
  if (contestant === undefined) throw new Error(`There is no contestant ${name}`)
  return contestant
}
