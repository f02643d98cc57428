import { createNodeOnMessageCallback } from 'kysely-generic-sqlite/worker-helper-node'
import { genericExecutor } from '../generic-executor.ts'
import { openDatabase } from '../open-database.ts'
import { type Place } from '../place.ts'

export interface GenericWorkerData extends Record<string, unknown> {
  readonly place: Place
  readonly folder: string
  /** As `genericExecutor` has it. */
  readonly keepsStatements: boolean
}

createNodeOnMessageCallback<GenericWorkerData>(({ place, folder, keepsStatements }) =>
  genericExecutor(openDatabase(place, folder), keepsStatements),
)
