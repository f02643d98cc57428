import type { Database, Statement } from 'better-sqlite3'
import { type IGenericSqlite, parseBigInt } from 'kysely-generic-sqlite'

/**
 * The executor of the README of kysely-generic-sqlite.
 *
 * @param keepsStatements Whether statements are kept. The package's own example prepares one for each query.
 */
export function genericExecutor(database: Database, keepsStatements: boolean): IGenericSqlite<Database> {
  const statements = new Map<string, Statement<unknown[]>>()
  const prepare = (sql: string): Statement<unknown[]> => {
    let statement = statements.get(sql)
    if (statement === undefined) {
      statement = database.prepare<unknown[]>(sql)
      if (keepsStatements) statements.set(sql, statement)
    }
    return statement
  }
  return {
    db: database,
    query(_isSelect, sql, parameters) {
      const statement = prepare(sql)
      if (statement.reader) return { rows: statement.all(parameters) }
      const { changes, lastInsertRowid } = statement.run(parameters)
      return { rows: [], insertId: parseBigInt(lastInsertRowid)!, numAffectedRows: parseBigInt(changes)! }
    },
    // A statement that is being iterated over cannot run a second time: not one of those that are kept.
    iterator: (_isSelect, sql, parameters) =>
      database.prepare<unknown[]>(sql).iterate(parameters) as IterableIterator<unknown>,
    close: () => database.close(),
  }
}
