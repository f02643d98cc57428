import { execute } from '../data.ts'
import type { Place, Seat } from '../harness/case.ts'
import type { Client, DialectClient, Location, MaybePromise } from './client.ts'
import type { Options } from './kysely-client.ts'

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

/** About how fast Poolclass could be if it did nothing else. */
export const BARE_WITH_OUR_COMPILER = "bare, Poolclass's compiler"

/** Those that lend several connections at once. */
export const LENDING = ['QueuePool', 'GenericPool', 'NullPool'] as const
export const POOL_CLASSES = ['SingletonThreadPool', 'StaticPool', ...LENDING, 'AssertionPool'] as const

const dialects = () => import('./better-sqlite3-dialects.ts')
const drivers = () => import('./drivers.ts')
const generic = () => import('./generic-sqlite.ts')

/** Those of the whole comparison. */
const compared: readonly Contestant[] = [
  ...POOL_CLASSES.map((poolclass) => ours(poolclass, 0)),
  ...POOL_CLASSES.map((poolclass) => ours(poolclass, 1)),
  of(DIALECTS, BASELINE, async (at) => (await dialects()).openSqliteDialect(at)),
  of(DIALECTS, 'kysely-generic-sqlite', async (at) => (await generic()).openGenericSqlite(at)),
  of(DIALECTS, GENERIC_WORKER, async (at) => (await generic()).openGenericSqliteWorker(at)),
  synchronous('better-sqlite3', async () => (await import('better-sqlite3')).default),
  synchronous('node:sqlite', async () => (await import('node:sqlite')).DatabaseSync),
  synchronous('libsql', async () => (await import('libsql')).default),
  of(DRIVERS, 'sqlite3', async (at) => (await drivers()).openSqlite3(at)),
  of(LEAST, 'bare', async (at) => (await dialects()).openBare(at)),
]

/** For each query it opens the file, and closes it. */
export const OPENING = 'bare, opening each time'

const OVER_NODE_SQLITE = 'StaticPool, node:sqlite'

/** One pool class over each driver, and the drivers themselves. */
export const BY_DRIVER: readonly string[] = ['StaticPool', OVER_NODE_SQLITE, 'better-sqlite3', 'node:sqlite']

const ALONE = 'QueuePool, vfs=unix-excl'

/** One pool class on a file that other processes may open, and on one that a process has alone. */
export const BY_VFS: readonly string[] = ['QueuePool', ALONE]

const contestants: readonly Contestant[] = [
  ...compared,
  of(LEAST, OPENING, async (at) => (await dialects()).openBareEachTime(at)),
  of(LEAST, BARE_WITH_OUR_COMPILER, async (at) => (await dialects()).openBareWithOurCompiler(at)),
  ours('SingletonThreadPool', 2),
  ours('QueuePool', 2),
  of(OURS, ALONE, async ({ name, ...at }, more) =>
    (await import('./kysely-client.ts')).openPoolclass(
      { ...at, name: `file:${name}?vfs=unix-excl` },
      { poolclass: 'QueuePool', ...more },
    ),
  ),
  of(OURS, OVER_NODE_SQLITE, async (at, more) =>
    (await import('./kysely-client.ts')).openPoolclass(at, {
      poolclass: 'StaticPool',
      driver: 'node:sqlite',
      ...more,
    }),
  ),
]

export const COMPARED: readonly string[] = compared.map(({ name }) => name)

function ours(poolclass: (typeof POOL_CLASSES)[number], threads: number): Contestant {
  const name = threads === 0 ? poolclass : `${poolclass}, threads: ${threads}`
  return of(threads === 0 ? OURS : THREADED, name, async (at, more) =>
    (await import('./kysely-client.ts')).openPoolclass(at, { poolclass, threads, ...more }),
  )
}

function synchronous(name: string, load: () => Promise<new (name: string) => object>): Contestant {
  return of(DRIVERS, name, async (at) => (await drivers()).openSynchronous(at, await load()))
}

function of(group: Group, name: string, opens: Contestant['open']): Contestant {
  return { name, group, open: opens }
}

/** Files are in the process's own folder. */
const LOCATIONS: Readonly<Record<Place, Location>> = {
  memory: { name: ':memory:', pragmas: {} },
  'shared memory': { name: 'file:/bench?vfs=memdb', pragmas: {} },
  'WAL file': { name: 'bench.db', pragmas: { journal_mode: 'wal', synchronous: 'normal' } },
  file: { name: 'bench.db', pragmas: { journal_mode: 'delete', synchronous: 'normal' } },
}

/** Opens a contestant, which runs the statements of `data` first. `more` is for Poolclass: the others leave it alone. */
export async function open(seat: Seat, data: readonly string[] = [], more: Options = {}): Promise<Client> {
  const found = contestants.find(({ name }) => name === seat.contestant)!
  const client = await found.open(LOCATIONS[seat.column as Place], more)
  await execute(client, data)
  return client
}

export async function openDialect(...seat: Parameters<typeof open>): Promise<DialectClient> {
  return (await open(...seat)) as DialectClient
}

/** A case may have contestants of its own, which have none. */
export function groupOf(contestant: string): Group | undefined {
  return contestants.find(({ name }) => name === contestant)?.group
}
