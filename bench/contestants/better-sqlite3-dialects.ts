import BetterSqlite3, { type Database, type Statement } from 'better-sqlite3'
import * as kysely from 'kysely'
import { type DialectClient, type Location, pragmaStatements } from './client.ts'
import { kyselyClient } from './kysely-client.ts'

type Connection = kysely.DatabaseConnection

export function openSqliteDialect(location: Location): DialectClient {
  return kyselyClient(new kysely.SqliteDialect({ database: openDatabase(location) }))
}

/** The least that a Kysely dialect can do: one connection, no pool, no lock, a map of prepared statements. */
export function openBare(location: Location): DialectClient {
  const connection = connectionTo(openDatabase(location))
  return bareClient(() => connection)
}

/** The same with a new handle for each acquire, by which ORMs tell transactions apart. Kysely remembers each of them. */
export function openBareWithHandles(location: Location): DialectClient {
  const connection = connectionTo(openDatabase(location))
  return bareClient(() => ({
    executeQuery: (query) => connection.executeQuery(query),
    streamQuery: (query) => connection.streamQuery(query, 1),
  }))
}

/** The least that a Kysely dialect without a pool can do: open, run, close. Nobody sets a pragma. */
export function openBareWithoutPool({ name }: Location): DialectClient {
  const opened = new WeakMap<Connection, Database>()
  const acquire = (): Connection => {
    const database = new BetterSqlite3(name)
    const connection = connectionTo(database)
    opened.set(connection, database)
    return connection
  }
  return bareClient(acquire, (connection) => opened.get(connection)!.close())
}

function openDatabase(location: Location): Database {
  return new BetterSqlite3(location.name).exec(pragmaStatements(location))
}

function connectionTo(database: Database): Connection {
  const statements = new Map<string, Statement<unknown[]>>()
  const executeQuery = async ({ sql, parameters }: kysely.CompiledQuery): Promise<object> => {
    let statement = statements.get(sql)
    if (statement === undefined) statements.set(sql, (statement = database.prepare(sql)))
    if (statement.reader) return { rows: statement.all(parameters) }
    const { changes, lastInsertRowid } = statement.run(parameters)
    return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] }
  }
  return { executeQuery } as Connection
}

function bareClient(
  acquire: () => Connection,
  release: (connection: Connection) => void = () => {},
): DialectClient {
  return kyselyClient({
    createAdapter: () => new UnlockedAdapter(),
    createIntrospector: (db) => new kysely.SqliteIntrospector(db),
    createQueryCompiler: () => new kysely.SqliteQueryCompiler(),
    createDriver: () => ({
      init: async () => {},
      acquireConnection: async () => acquire(),
      beginTransaction: send('begin'),
      commitTransaction: send('commit'),
      rollbackTransaction: send('rollback'),
      releaseConnection: async (connection) => release(connection),
      destroy: async () => {},
    }),
  })
}

function send(sql: string): (connection: Connection) => Promise<void> {
  return async (connection) => void (await connection.executeQuery(kysely.CompiledQuery.raw(sql)))
}

/** Otherwise Kysely puts its own mutex around the connection. */
class UnlockedAdapter extends kysely.SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}
