import { type PoolClassName, PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { GenericSqliteWorkerDialect } from 'kysely-generic-sqlite/worker'
import { createNodeWorkerExecutor } from 'kysely-generic-sqlite/worker-helper-node'
import { Worker } from 'node:worker_threads'
import { bareDialect, bareDialectWithHandles, bareDialectWithoutPool } from './bare-dialect.ts'
import { openDatabase } from './open-database.ts'
import { fileIn, fileName, type Place, PRAGMAS } from './place.ts'
import type { Db } from './tables.ts'
import type { GenericWorkerData } from './workers/generic-worker.ts'

export function kyselys(place: Place, folder: string): Db {
  return new Kysely({ dialect: new SqliteDialect({ database: openDatabase(place, folder) }) })
}

export function bare(place: Place, folder: string): Db {
  return new Kysely({ dialect: bareDialect(openDatabase(place, folder)) })
}

export function bareWithHandles(place: Place, folder: string): Db {
  return new Kysely({ dialect: bareDialectWithHandles(openDatabase(place, folder)) })
}

export function bareWithoutPool(folder: string): Db {
  return new Kysely({ dialect: bareDialectWithoutPool(() => new BetterSqlite3(fileIn(folder))) })
}

/** kysely-generic-sqlite in a worker thread. */
export function genericWorker(data: GenericWorkerData): Db {
  const worker = new Worker(new URL('./workers/generic-worker.ts', import.meta.url))
  return new Kysely({ dialect: new GenericSqliteWorkerDialect(createNodeWorkerExecutor({ worker, data })) })
}

export function ours(
  place: Place,
  folder: string,
  poolclass: PoolClassName,
  options: Omit<PooledSqliteDialectConfig, 'url' | 'poolclass'> = {},
): Db {
  const url = fileName(place, folder)
  const dialect = new PooledSqliteDialect({ url, poolclass, pragmas: PRAGMAS[place], ...options })
  return new Kysely({ dialect })
}
