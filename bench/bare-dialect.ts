import type { Database, Statement } from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

/** The least that a Kysely dialect can do: one connection, no pool, no lock, a map of prepared statements. */
export function bareDialect(database: Database): Dialect {
  const statements = new Map<string, Statement<unknown[]>>()
  const connection = {
    async executeQuery({ sql, parameters }: CompiledQuery) {
      let statement = statements.get(sql)
      if (statement === undefined) statements.set(sql, (statement = database.prepare(sql)))
      if (statement.reader) return { rows: statement.all(parameters) }
      const { changes, lastInsertRowid } = statement.run(parameters)
      return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] }
    },
  } as unknown as DatabaseConnection
  const send = async (sql: string) => void (await connection.executeQuery(CompiledQuery.raw(sql)))
  return {
    createAdapter: () => new UnlockedAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createDriver: () => ({
      init: async () => {},
      acquireConnection: async () => connection,
      beginTransaction: () => send('begin'),
      commitTransaction: () => send('commit'),
      rollbackTransaction: () => send('rollback'),
      releaseConnection: async () => {},
      destroy: async () => void database.close(),
    }),
  }
}

/** The same with a new handle for each acquire, by which ORMs tell transactions apart. Kysely remembers each of them. */
export function bareDialectWithHandles(database: Database): Dialect {
  const dialect = bareDialect(database)
  return withConnections(dialect, async (driver) => {
    const connection = await driver.acquireConnection()
    return { executeQuery: (query: CompiledQuery) => connection.executeQuery(query) } as DatabaseConnection
  })
}

/** The least that a Kysely dialect without a pool can do: open, run, close. */
export function bareDialectWithoutPool(open: () => Database): Dialect {
  const opened = new WeakMap<DatabaseConnection, Database>()
  return withConnections(
    bareDialect(open()),
    async () => {
      const database = open()
      const connection = {
        executeQuery: async ({ sql, parameters }: CompiledQuery) => ({
          rows: database.prepare(sql).all(parameters),
        }),
      } as unknown as DatabaseConnection
      opened.set(connection, database)
      return connection
    },
    async (connection) => void opened.get(connection)?.close(),
  )
}

function withConnections(
  dialect: Dialect,
  acquire: (driver: Driver) => Promise<DatabaseConnection>,
  release: (connection: DatabaseConnection) => Promise<void> = async () => {},
): Dialect {
  return {
    ...dialect,
    createDriver: () => {
      const driver = dialect.createDriver()
      return { ...driver, acquireConnection: () => acquire(driver), releaseConnection: release }
    },
  }
}

/** Otherwise Kysely puts its own mutex around the connection. */
class UnlockedAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}
