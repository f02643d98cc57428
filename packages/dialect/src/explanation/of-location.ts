import type { ResolvedConnectArgs } from '../config/connect-args.ts'
import type { CheckedConfig } from '../config/resolved-config.ts'
import type { FileLocation, SqliteLocation } from '../url/sqlite-location.ts'

/** @param connectArgs Absent where nothing is known but the URL. */
export function openingOf(
  location: SqliteLocation,
  connectArgs?: Pick<ResolvedConnectArgs, 'readonly' | 'fileMustExist'>,
): string {
  switch (location.kind) {
    case 'memory':
      return 'A database in memory, private to the connection that opens it.'
    case 'temporary':
      return 'A temporary database on disk, private to the connection that opens it. SQLite deletes it with the connection.'
    case 'shared-memory':
      return `The database in memory that this process knows as '${location.name}'. Every connection to that name shares it.`
    case 'file':
      return openingOfFile(location, connectArgs)
    case 'server':
      return `The database of the libSQL server at ${location.url}, over streams that begin with the first statement.`
  }
}

function openingOfFile(
  { path, mode, immutable, nolock, vfs }: FileLocation,
  connectArgs?: Pick<ResolvedConnectArgs, 'readonly' | 'fileMustExist'>,
): string {
  const isReadonly = mode === 'ro' || connectArgs?.readonly === true
  const mustExist = mode === 'rw' || connectArgs?.fileMustExist === true
  const access = isReadonly
    ? 'It is opened for reading, and has to exist.'
    : mustExist
      ? 'It has to exist.'
      : 'SQLite creates it if it does not exist.'
  return [
    `The file ${path}${isAbsolute(path) ? '' : ', in the working directory of the process'}.`,
    access,
    ...(immutable === true ? ['SQLite expects that nobody changes it, and takes no locks.'] : []),
    ...(nolock === true ? ['SQLite takes no locks, so nobody else may use it.'] : []),
    ...(vfs === undefined ? [] : [`The VFS '${vfs}' reads and writes it.`]),
  ].join(' ')
}

/** In the manner of any system: the explanation may be for another one. */
function isAbsolute(path: string): boolean {
  return /^(?:\/|[a-z]:[/\\])/i.test(path)
}

/** Why the URL chooses its pool class. */
export function whyPoolClass(location: SqliteLocation): string {
  switch (location.kind) {
    case 'memory':
    case 'temporary':
      return 'The database dies with its connection, so one connection stays open.'
    case 'shared-memory':
      return 'The database would vanish with its last connection, so one connection stays open.'
    case 'file':
      return location.cache === 'shared'
        ? 'The URL asks for cache=shared. better-sqlite3 has no shared cache, and one connection shares everything.'
        : 'A file outlives its connections, and a closed connection holds no lock. A server wants QueuePool, as in SQLAlchemy 2.'
    case 'server':
      return 'A connection is a stream of the server, which has 128 of them at most, and takes as long to open one as to answer.'
  }
}

export function filesOf({ location, pragmas, connectArgs }: CheckedConfig): readonly string[] {
  if (location.kind === 'temporary')
    return ['a temporary file without a name, until the connection is closed']
  if (location.kind !== 'file') return []
  const { path, mode, immutable } = location
  if (immutable === true) return [path]
  const journal = isWal(pragmas)
    ? [`${path}-wal and ${path}-shm, until the last connection is closed`]
    : [`${path}-journal, while a transaction writes`]
  const isReadonly = mode === 'ro' || connectArgs.readonly
  return [path, ...journal, ...(isReadonly ? [] : [`${path}-migration-lock, from the first migration on`])]
}

export function locksOf(config: CheckedConfig, capacity: number): readonly string[] {
  const { location, poolclass, pragmas, threads, connectArgs } = config
  if (poolclass.name === 'AssertionPool') return ['Nobody waits: a second checkout throws.']
  const loop =
    location.kind === 'server'
      ? 'Queries run on the server, and the event loop stays free.'
      : threads === 0
        ? 'Queries run in the calling thread, and the event loop stands still while one runs.'
        : `Queries run in ${threads === 1 ? 'a worker thread' : `${threads} worker threads`}, and the event loop stays free.`
  if (capacity === 1) return ['Queries wait for the one connection, in the order in which they came.', loop]
  return [
    'Writers of this thread wait in line before they take a connection, so they never keep readers out of the pool.',
    readersOf(location, isWal(pragmas)),
    `A writer waits up to ${connectArgs.timeout} ms for the lock of another thread or process, and never blocks the event loop.`,
    loop,
  ]
}

function readersOf({ kind }: SqliteLocation, wal: boolean): string {
  if (kind === 'server') return 'Readers go on beside a writer.'
  if (kind === 'shared-memory') return 'Readers on other connections wait while a write transaction is open.'
  return wal
    ? 'In WAL mode readers go on beside a writer.'
    : "Without WAL, readers wait while a writer commits, and a commit waits for the readers. pragmas: { journal_mode: 'wal' } ends that."
}

function isWal(pragmas: CheckedConfig['pragmas']): boolean {
  return pragmas.some(({ name, value }) => /(?:^|\.)journal_mode$/i.test(name) && value.set === 'wal')
}

export function otherThreadOf(location: SqliteLocation): string {
  switch (location.kind) {
    case 'memory':
    case 'temporary':
      return 'A database of its own, which is empty: the first query there says `no such table`. So does a second dialect.'
    case 'shared-memory':
      return `The same tables, under the same name: '${location.name}'.`
    case 'file':
      return 'The same file, through connections of its own.'
    case 'server':
      return 'The same database, through streams of its own.'
  }
}

export function otherProcessOf(location: SqliteLocation): string {
  switch (location.kind) {
    case 'memory':
    case 'temporary':
      return 'Nothing of it.'
    case 'shared-memory':
      return 'Nothing of it. The same name there is another database.'
    case 'file':
      return location.nolock === true || location.immutable === true
        ? 'The same file, without the locks that would keep the two apart.'
        : "The same file. SQLite's locks keep the two apart."
    case 'server':
      return 'The same database, on any machine. The server keeps the two apart.'
  }
}
