import BetterSqlite3, { type Database, type Statement } from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  DummyDriver,
  SqliteAdapter,
  SqliteDialect,
} from 'kysely'
import { type DialectClient, type Location, pragmaStatements } from './client.ts'
import { kyselyClient } from './kysely-client.ts'

export function openSqliteDialect(location: Location): DialectClient {
  return kyselyClient(new SqliteDialect({ database: openDatabase(location) }))
}

/** The least that a Kysely dialect can do: one connection, no pool, no lock, a map of prepared statements. */
export function openBare(location: Location, more: Partial<Dialect> = {}): DialectClient {
  const connection = connectionTo(openDatabase(location))
  const methods = {
    acquireConnection: async () => connection,
    beginTransaction: send('begin'),
    commitTransaction: send('commit'),
    rollbackTransaction: send('rollback'),
  }
  return bareClient(methods, more)
}

/** The same, with the query compiler of Poolclass: about how fast Poolclass could be if it did nothing else. */
export async function openBareWithOurCompiler(location: Location): Promise<DialectClient> {
  const { PooledSqliteDialect } = await import('@poolclass/dialect')
  const ours = new PooledSqliteDialect(':memory:')
  return openBare(location, { createQueryCompiler: () => ours.createQueryCompiler() })
}

/** The least that a dialect can do which opens the file for each query, and closes it. */
export function openBareEachTime({ name }: Location): DialectClient {
  const databases = new WeakMap<DatabaseConnection, Database>()
  return bareClient({
    acquireConnection: async () => {
      const database = new BetterSqlite3(name)
      const connection = connectionTo(database)
      databases.set(connection, database)
      return connection
    },
    releaseConnection: async (connection) => void databases.get(connection)!.close(),
  })
}

function bareClient(methods: Partial<Driver>, more: Partial<Dialect> = {}): DialectClient {
  const driver = Object.assign(new DummyDriver(), methods)
  // Otherwise Kysely puts its own mutex around the connection.
  const unlocked = { supportsMultipleConnections: { value: true } }
  const parts = {
    createDriver: () => driver,
    createAdapter: () => Object.defineProperties(new SqliteAdapter(), unlocked),
    ...more,
  }
  return kyselyClient(Object.assign(new SqliteDialect({} as never), parts))
}

function openDatabase(location: Location): Database {
  return new BetterSqlite3(location.name).exec(pragmaStatements(location))
}

function connectionTo(database: Database): DatabaseConnection {
  const statements = new Map<string, Statement<unknown[]>>()
  const executeQuery = async ({ sql, parameters }: CompiledQuery): Promise<object> => {
    let statement = statements.get(sql)
    if (statement === undefined) statements.set(sql, (statement = database.prepare(sql)))
    if (statement.reader) return { rows: statement.all(parameters) }
    const { changes, lastInsertRowid } = statement.run(parameters)
    return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] }
  }
  return { executeQuery } as DatabaseConnection
}

function send(sql: string): (connection: DatabaseConnection) => Promise<void> {
  return async (connection) => void (await connection.executeQuery(CompiledQuery.raw(sql)))
}
