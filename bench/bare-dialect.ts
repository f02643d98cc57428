import type { Database, Statement } from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
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

/** Otherwise Kysely puts its own mutex around the connection. */
class UnlockedAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}
