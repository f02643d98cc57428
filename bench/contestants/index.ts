import { join } from 'node:path'
import type { Place, Seat } from '../harness/case.ts'
import type { Client, DialectClient, Location, MaybePromise } from './client.ts'
import type { Options } from './poolclass.ts'

const OURS = 'Poolclass'
const THREADED = 'Poolclass, with threads'
const DIALECTS = 'Kysely dialects'
const DRIVERS = 'drivers, without Kysely'
const LEAST = 'the least possible'
export const GROUPS = [OURS, THREADED, DIALECTS, DRIVERS, LEAST] as const
export type Group = (typeof GROUPS)[number]

interface Contestant {
  readonly name: string
  readonly group: Group
  /** Imports what it needs, and nothing that only others need. `more` is for Poolclass. */
  open(location: Location, more: Options): MaybePromise<Client>
}

/** With whom the others are compared. */
export const BASELINE = 'SqliteDialect'
export const GENERIC_WORKER = 'kysely-generic-sqlite, worker'

export const POOL_CLASSES = [
  'SingletonThreadPool',
  'StaticPool',
  'QueuePool',
  'NullPool',
  'AssertionPool',
] as const

const dialects = () => import('./better-sqlite3-dialects.ts')
const drivers = () => import('./drivers.ts')
const generic = () => import('./generic-sqlite.ts')
const synchronous = ['better-sqlite3', 'node:sqlite', 'libsql'] as const

/** Those of the whole comparison. */
const compared: readonly Contestant[] = [
  ...POOL_CLASSES.map((poolclass) => ours(poolclass, 0)),
  ...POOL_CLASSES.map((poolclass) => ours(poolclass, 1)),
  of(DIALECTS, BASELINE, async (at) => (await dialects()).openSqliteDialect(at)),
  of(DIALECTS, 'kysely-generic-sqlite', async (at) => (await generic()).openGenericSqlite(at)),
  of(DIALECTS, GENERIC_WORKER, async (at) => (await generic()).openGenericSqliteWorker(at)),
  ...synchronous.map((name) => of(DRIVERS, name, async (at) => (await drivers()).openSynchronous(at, name))),
  of(DRIVERS, 'sqlite3', async (at) => (await drivers()).openSqlite3(at)),
  of(LEAST, 'bare', async (at) => (await dialects()).openBare(at)),
]

const contestants: readonly Contestant[] = [
  ...compared,
  ours('SingletonThreadPool', 2),
  ours('QueuePool', 2),
  of(LEAST, 'bare, new handles', async (at) => (await dialects()).openBareWithHandles(at)),
  of(LEAST, 'bare, no pool', async (at) => (await dialects()).openBareWithoutPool(at)),
  of(LEAST, 'open, run, close', async (at) => (await drivers()).openForEach(at)),
]

export const COMPARED: readonly string[] = compared.map(({ name }) => name)

function ours(poolclass: (typeof POOL_CLASSES)[number], threads: number): Contestant {
  const name = threads === 0 ? poolclass : `${poolclass}, threads: ${threads}`
  return of(threads === 0 ? OURS : THREADED, name, async (location, more) =>
    (await import('./poolclass.ts')).openPoolclass(location, { poolclass, threads, ...more }),
  )
}

function of(group: Group, name: string, opens: Contestant['open']): Contestant {
  return { name, group, open: opens }
}

const PRAGMAS: Readonly<Record<Place, Location['pragmas']>> = {
  memory: {},
  'shared memory': {},
  'WAL file': { journal_mode: 'wal', synchronous: 'normal' },
  file: { journal_mode: 'delete', synchronous: 'normal' },
}

/** @param more Options for Poolclass, which others leave alone. */
export async function open({ contestant, column, folder }: Seat, more: Options = {}): Promise<Client> {
  const place = column as Place
  const file = place === 'shared memory' ? 'file:/bench?vfs=memdb' : join(folder, 'bench.db')
  const location = { place, name: place === 'memory' ? ':memory:' : file, pragmas: PRAGMAS[place] }
  const found = contestants.find(({ name }) => name === contestant)
  if (found === undefined) throw new Error(`There is no contestant ${contestant}`)
  return await found.open(location, more)
}

export async function openDialect(seat: Seat, more?: Options): Promise<DialectClient> {
  const client = await open(seat, more)
  if ('db' in client) return client
  throw new Error(`${seat.contestant} is no dialect`)
}

/** A case may have contestants of its own, which have none. */
export function groupOf(contestant: string): Group | undefined {
  return contestants.find(({ name }) => name === contestant)?.group
}
