import type { PoolClassName, PooledSqliteDialectConfig } from '@poolclass/dialect'
import { join } from 'node:path'
import { beforeEach } from 'vitest'
import { testedDriver } from './driver.ts'
import { isQuickRun } from './effort.ts'
import { LibsqlServer } from './libsql-server.ts'
import { threads } from './open.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A kind of database with a pool class that serves it. */
export interface Place {
  readonly kind: 'memory' | 'shared memory' | 'file' | 'server'
  readonly poolclass: PoolClassName
  /** The pool never has more than one connection. */
  readonly single: boolean
  /** The config of a new, empty database there. Call it inside a test. */
  readonly config: (more?: Omit<PooledSqliteDialectConfig, 'url' | 'poolclass'>) => PooledSqliteDialectConfig
  readonly toString: () => string
}

let names = 0

/** Servers with an empty database, ready for the test that comes. */
let servers: LibsqlServer[] = []

const URLS: Readonly<Record<Place['kind'], () => string>> = {
  memory: () => ':memory:',
  'shared memory': () => `file:places-${process.pid}-${++names}?mode=memory&cache=shared`,
  file: () => join(temporaryDirectory(), 'app.db'),
  server: () => servers.pop()!.url,
}

function place(kind: Place['kind'], poolclass: PoolClassName): Place {
  return {
    kind,
    poolclass,
    single: !['NullPool', 'QueuePool', 'GenericPool'].includes(poolclass),
    config: (more = {}) => ({
      ...(kind !== 'server' && { driver: testedDriver }),
      ...more,
      url: URLS[kind](),
      poolclass,
      ...(kind === 'file' && { pragmas: { journal_mode: 'wal', synchronous: 'off', ...more.pragmas } }),
    }),
    toString: () => `${poolclass} on ${kind}`,
  }
}

/** The tests that run over a server are those of the project of that name. */
const onServer = process.env['DRIVER'] === 'libsql-server'
if (onServer) beforeEach(async () => (servers = [await LibsqlServer.start()]))

const IN_PROCESS: readonly Place[] = [
  place('memory', 'SingletonThreadPool'),
  place('memory', 'StaticPool'),
  place('shared memory', 'StaticPool'),
  place('shared memory', 'QueuePool'),
  place('shared memory', 'NullPool'),
  place('file', 'SingletonThreadPool'),
  place('file', 'StaticPool'),
  place('file', 'QueuePool'),
  place('file', 'NullPool'),
  place('file', 'GenericPool'),
  place('file', 'AssertionPool'),
]

const ALL = onServer ? [place('server', 'QueuePool')] : IN_PROCESS

const ONE_OF_EACH_KIND: ReadonlySet<string> = new Set([
  'SingletonThreadPool on memory',
  // What differs in shared memory does so with connections of the calling thread, too.
  ...(threads > 0 ? [] : ['StaticPool on shared memory']),
  'QueuePool on file',
  'QueuePool on server',
])

/** They have each kind of database and each pool class, if not each class with each kind. */
const EACH_KIND_AND_CLASS: ReadonlySet<string> = new Set([
  'SingletonThreadPool on memory',
  'StaticPool on shared memory',
  'QueuePool on shared memory',
  'QueuePool on file',
  'NullPool on file',
  'GenericPool on file',
  'AssertionPool on file',
])

const few: readonly Place[] = ALL.filter((each) => ONE_OF_EACH_KIND.has(String(each)))
const fewer = (places: readonly Place[]): readonly Place[] => (isQuickRun ? few : places)

/**
 * Every pool class with every kind of database that it serves. Over threads, each test takes long because it starts one: there it is
 * each class and each kind.
 */
export const PLACES: readonly Place[] =
  threads > 0 ? fewer(ALL.filter((each) => EACH_KIND_AND_CLASS.has(String(each)))) : ALL

/** All of them for what takes long; the quick run makes do with one place of each kind. */
export const PLACES_FOR_LONG: readonly Place[] = fewer(PLACES)

/** For tests that wait for a time to pass: where they run again, over threads or another driver, one place of each kind is enough. */
export const PLACES_FOR_WAITS: readonly Place[] =
  threads > 0 || process.env['DRIVER'] !== undefined ? few : PLACES_FOR_LONG

/** Those that let several borrowers come at once, whether they wait or not. */
export const PLACES_FOR_MANY: readonly Place[] = PLACES.filter(
  ({ poolclass }) => poolclass !== 'AssertionPool',
)
