import { Kysely } from 'kysely'
import { GenericSqliteWorkerDialect } from 'kysely-generic-sqlite/worker'
import { createNodeWorkerExecutor } from 'kysely-generic-sqlite/worker-helper-node'
import { Worker } from 'node:worker_threads'
import type { Tables } from '../../tables.ts'
import type { GenericWorkerData } from '../../workers/generic-worker.ts'
import { kyselyClient } from '../kysely-client.ts'
import type { Open } from './contestant.ts'

export const open: Open = async (place, folder) => {
  const worker = new Worker(new URL('../../workers/generic-worker.ts', import.meta.url))
  const data: GenericWorkerData = { place, folder, keepsStatements: false }
  const dialect = new GenericSqliteWorkerDialect(createNodeWorkerExecutor({ worker, data }))
  return kyselyClient(new Kysely<Tables>({ dialect }))
}
