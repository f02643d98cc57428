import type { Statement } from 'better-sqlite3'
import { type IGenericSqlite, parseBigInt } from 'kysely-generic-sqlite'
import { createNodeOnMessageCallback } from 'kysely-generic-sqlite/worker-helper-node'
import { openDatabase, type Place } from '../place.ts'

export interface GenericWorkerData extends Record<string, unknown> {
  readonly place: Place
  readonly folder: string
  /** Whether statements are kept. The package's own example prepares one for each query. */
  readonly keepsStatements: boolean
}

/** The executor of the README of kysely-generic-sqlite. */
createNodeOnMessageCallback<GenericWorkerData>(({ place, folder, keepsStatements }): IGenericSqlite => {
  const database = openDatabase(place, folder)
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
})
