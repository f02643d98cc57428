import BetterSqlite3 from 'better-sqlite3'

let known: readonly string[] | undefined

/** The pragmas that this build of SQLite has, in lower case. */
export function knownPragmas(): readonly string[] {
  return (known ??= read())
}

function read(): readonly string[] {
  const database = new BetterSqlite3(':memory:')
  try {
    return (database.pragma('pragma_list') as { name: string }[]).map(({ name }) => name)
  } finally {
    database.close()
  }
}
