import { once } from 'node:events'
import { promisify } from 'node:util'
import type { Statement as Sqlite3Statement } from 'sqlite3'
import type { Database, DriverClient, Location, MaybePromise, Statement } from './client.ts'
import { pragmaStatements } from './client.ts'

/** What better-sqlite3, node:sqlite and libsql have in common. */
interface Synchronous extends Database {
  prepare(sql: string): Statement
  close(): unknown
}
type Driver = new (name: string) => Synchronous

const classes = {
  'better-sqlite3': async () => (await import('better-sqlite3')).default as Driver,
  'node:sqlite': async () => (await import('node:sqlite')).DatabaseSync as Driver,
  libsql: async () => (await import('libsql')).default as Driver,
}

export async function openSynchronous(location: Location, name: keyof typeof classes): Promise<DriverClient> {
  const Driver = await classes[name]()
  return driverClient(location, () => {
    const database = new Driver(location.name)
    // Waiting for a lock would block the thread that has to give it back.
    database.exec(`${pragmaStatements(location)}pragma busy_timeout = 0`)
    return database
  })
}

/** Opens a database for each statement and closes it. Its pragmas are set only where a case prepares its data. */
export async function openForEach(location: Location): Promise<DriverClient> {
  const Driver = await classes['better-sqlite3']()
  const use = <T>(work: (database: Synchronous) => T): T => {
    const database = new Driver(location.name)
    const result = work(database)
    database.close()
    return result
  }
  return driverClient(location, () => ({
    exec: (sql) => use((database) => database.exec(pragmaStatements(location) + sql)),
    prepare: (sql) => ({
      all: (...parameters) => use((database) => database.prepare(sql).all(...parameters)),
      run: (...parameters) => use((database) => database.prepare(sql).run(...parameters)),
    }),
  }))
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

async function driverClient({ place }: Location, open: () => MaybePromise<Database>): Promise<DriverClient> {
  const database = await open()
  return {
    prepare: (sql) => database.prepare(sql),
    execute: (sql) => database.exec(sql),
    value: async (sql) => Object.values((await (await database.prepare(sql)).all())[0] as object)[0],
    another() {
      if (place === 'memory') throw new Error('A second connection would be another, empty database.')
      return open()
    },
  }
}
