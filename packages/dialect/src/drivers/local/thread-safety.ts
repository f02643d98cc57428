import type { SqliteHandle } from './handle.ts'

/** The thread safety with which SQLite was compiled, https://www.sqlite.org/threadsafe.html */
export interface ThreadSafety {
  readonly mode: 'single-thread' | 'multi-thread' | 'serialized'
  /**
   * The level of Python's DB-API, https://peps.python.org/pep-0249/#threadsafety: 0, threads may not share the
   * module; 1, they may share the module, but not connections; 3, they may share connections as well.
   */
  readonly level: 0 | 1 | 3
  /** The option as compiled, such as `THREADSAFE=2`. */
  readonly compiledWith: string
}

/** A database of better-sqlite3. */
type WithPragmas = Pick<SqliteHandle, 'pragma'>

/** A database of `node:sqlite`. */
interface WithStatements {
  prepare(sql: string): { all(): unknown }
}

/** Reads from `PRAGMA compile_options` what the SQLite build behind a handle allows threads to share. */
export function threadsafety(database: WithPragmas | WithStatements): ThreadSafety {
  const rows =
    'pragma' in database
      ? database.pragma('compile_options')
      : database.prepare('pragma compile_options').all()
  const options = rows as readonly { readonly compile_options: string }[]
  const compiledWith = options
    .map((row) => row.compile_options)
    .find((option) => option.startsWith('THREADSAFE='))
  switch (compiledWith) {
    case 'THREADSAFE=0':
      return { mode: 'single-thread', level: 0, compiledWith }
    case 'THREADSAFE=2':
      return { mode: 'multi-thread', level: 1, compiledWith }
    default:
      return { mode: 'serialized', level: 3, compiledWith: compiledWith ?? 'THREADSAFE=1' }
  }
}
