/** A creator whose handles leave out of each row what is null. */
import BetterSqlite3 from 'better-sqlite3'

export default function create(): BetterSqlite3.Database {
  const handle = new BetterSqlite3(':memory:')
  const prepare = handle.prepare.bind(handle)
  handle.prepare = ((sql: string) => {
    const statement = prepare(sql)
    const { all } = statement
    statement.all = (...parameters) => all.apply(statement, parameters).map(withoutNull)
    return statement
  }) as typeof prepare
  return handle
}

function withoutNull(row: unknown): unknown {
  return Object.fromEntries(Object.entries(row as object).filter(([, value]) => value !== null))
}
