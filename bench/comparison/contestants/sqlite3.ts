import sqlite3 from 'sqlite3'
import { fileName, pragmaStatements } from '../../place.ts'
import { type AsyncDatabase, type AsyncStatement, asyncClient } from '../client.ts'
import type { Open } from './contestant.ts'

export const open: Open = (place, folder) =>
  asyncClient(place, async () => {
    const database = await openPromised(fileName(place, folder))
    for (const statement of pragmaStatements(place)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await database.exec(statement)
    }
    return database
  })

/** Its callbacks as promises. */
async function openPromised(name: string): Promise<AsyncDatabase> {
  const flags = sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE | sqlite3.OPEN_URI
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened: sqlite3.Database = new sqlite3.Database(
      name,
      flags,
      settle(reject, () => resolve(opened)),
    )
  })
  return {
    prepare: (sql) =>
      new Promise((resolve, reject) => {
        const statement: sqlite3.Statement = database.prepare(
          sql,
          settle(reject, () => resolve(promised(statement))),
        )
      }),
    exec: (sql) => new Promise((resolve, reject) => void database.exec(sql, settle(reject, resolve))),
    close: () => new Promise((resolve, reject) => database.close(settle(reject, resolve))),
  }
}

function promised(statement: sqlite3.Statement): AsyncStatement {
  const all = (...parameters: (string | number)[]): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      statement.all(parameters, (error: Error | null, rows: unknown[]) =>
        error ? reject(error) : resolve(rows),
      )
    })
  return {
    // `statement.get` would stay in the middle of its rows, and hold its lock.
    get: async (...parameters) => (await all(...parameters))[0],
    all,
    run: (...parameters) =>
      new Promise((resolve, reject) => void statement.run(parameters, settle(reject, resolve))),
    each: (onRow) =>
      new Promise((resolve, reject) => {
        const onEnd = settle(reject, resolve)
        statement.each([], (error: Error | null, row: unknown) => (error ? onEnd(error) : onRow(row)), onEnd)
      }),
    finalize: () => new Promise((resolve, reject) => void statement.finalize(settle(reject, resolve))),
  }
}

function settle(reject: (error: Error) => void, resolve: () => void): (error?: Error | null) => void {
  return (error) => (error ? reject(error) : resolve())
}
