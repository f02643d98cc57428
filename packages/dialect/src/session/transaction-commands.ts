import { CompiledQuery } from 'kysely'
import type { TransactionMode } from '../config/dialect-config.ts'

/** What the session has to know about a command for the transaction. */
export interface TransactionCommand {
  /** Whether it writes, where that is known without asking SQLite. */
  readonly writes?: boolean
  /**
   * It ends the streams that are still open, because the connection refuses the command while one is open. Kysely does not
   * wait for the end of an aborted stream.
   */
  readonly endsReading?: boolean
}

interface Beginning {
  readonly statement: CompiledQuery
  readonly command: TransactionCommand
}

/**
 * How a transaction begins in each mode, and whether that takes the write lock, as
 * https://www.sqlite.org/c3ref/stmt_readonly.html says.
 */
export const BEGIN: Record<TransactionMode, Beginning> = {
  deferred: { statement: CompiledQuery.raw('begin deferred'), command: { writes: false } },
  immediate: { statement: CompiledQuery.raw('begin immediate'), command: { writes: true } },
  exclusive: { statement: CompiledQuery.raw('begin exclusive'), command: { writes: true } },
}

export const COMMIT: CompiledQuery = CompiledQuery.raw('commit')
export const ROLLBACK: CompiledQuery = CompiledQuery.raw('rollback')

export const ENDS_READING: TransactionCommand = { endsReading: true }
