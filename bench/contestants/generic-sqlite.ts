import BetterSqlite3 from 'better-sqlite3'
import { GenericSqliteDialect, type IGenericSqlite, parseBigInt } from 'kysely-generic-sqlite'
import { Worker } from 'node:worker_threads'
import { type DialectClient, type Location, pragmaStatements } from './client.ts'
import { kyselyClient } from './kysely-client.ts'

export function openGenericSqlite(location: Location): DialectClient {
  return kyselyClient(new GenericSqliteDialect(() => executor(location)))
}

export async function openGenericSqliteWorker(location: Location): Promise<DialectClient> {
  const { GenericSqliteWorkerDialect } = await import('kysely-generic-sqlite/worker')
  const { createNodeWorkerExecutor } = await import('kysely-generic-sqlite/worker-helper-node')
  const worker = new Worker(new URL('generic-sqlite-thread.ts', import.meta.url))
  const executing = createNodeWorkerExecutor({ worker, data: { ...location } })
  return kyselyClient(new GenericSqliteWorkerDialect(executing))
}

/** The executor of the README of kysely-generic-sqlite, which prepares a statement for each query. */
export function executor(location: Location): IGenericSqlite<BetterSqlite3.Database> {
  const database = new BetterSqlite3(location.name).exec(pragmaStatements(location))
  return {
    db: database,
    query(_isSelect, sql, parameters) {
      const statement = database.prepare<unknown[]>(sql)
      if (statement.reader) return { rows: statement.all(parameters) }
      const { changes, lastInsertRowid } = statement.run(parameters)
      return { rows: [], insertId: parseBigInt(lastInsertRowid)!, numAffectedRows: parseBigInt(changes)! }
    },
    iterator: (_isSelect, sql, parameters) =>
      database.prepare<unknown[]>(sql).iterate(parameters) as IterableIterator<unknown>,
    close: () => database.close(),
  }
}
