import { once } from 'node:events'
import { promisify } from 'node:util'
import type { Statement as Sqlite3Statement } from 'sqlite3'
import type { Database, DriverClient, Location, MaybePromise, Statement } from './client.ts'
import { pragmaStatements } from './client.ts'

/** @param Driver The class of databases of better-sqlite3, node:sqlite or libsql, which have the same methods. */
export function openSynchronous(
  location: Location,
  Driver: new (name: string) => object,
): Promise<DriverClient> {
  return driverClient(location, () => {
    const database = new Driver(location.name) as Database
    // Waiting for a lock would block the thread that has to give it back.
    database.exec(`${pragmaStatements(location)}pragma busy_timeout = 0`)
    return database
  })
}

export async function openSqlite3(location: Location): Promise<DriverClient> {
  const { default: sqlite3 } = await import('sqlite3')
  return driverClient(location, async () => {
    const flags = sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE | sqlite3.OPEN_URI
    const database = new sqlite3.Database(location.name, flags)
    await once(database, 'open')
    const exec = promisify<string, void>((sql, callback) => void database.exec(sql, callback))
    await exec(pragmaStatements(location))
    return { exec, prepare: (sql) => promised(database.prepare(sql)) }
  })
}

function promised(statement: Sqlite3Statement): Statement {
  const all = promisify<unknown[], unknown[]>((given, callback) => void statement.all(given, callback))
  const run = promisify<unknown[], void>((given, callback) => void statement.run(given, callback))
  return {
    all: (...parameters) => all(parameters),
    run: (...parameters) => run(parameters),
    each: promisify<(row: unknown) => void, void>((onRow, callback) => {
      const onEnd = (error: Error | null): void => callback(error, undefined)
      statement.each([], (error: Error | null, row: unknown) => (error ? onEnd(error) : onRow(row)), onEnd)
    }),
  }
}

async function driverClient({ name }: Location, open: () => MaybePromise<Database>): Promise<DriverClient> {
  const database = await open()
  return {
    prepare: (sql) => database.prepare(sql),
    execute: (sql) => database.exec(sql),
    value: async (sql) => Object.values((await (await database.prepare(sql)).all())[0] as object)[0],
    another() {
      if (name === ':memory:') throw new Error('A second connection would be another, empty database.')
      return open()
    },
  }
}
