import type { Connection } from '../connection/connection.ts'
import { isSqliteError, type SqliteErrorFactory } from '../drivers/driver.ts'
import type { Engine } from '../engine.ts'
import { BEFORE_ALL } from '../waiting/write-queue.ts'
import { BriefWriter } from '../waiting/writer.ts'

export type Writer = 'nobody' | 'this thread' | 'another'

/**
 * Tells where the holder of the write lock is. Only SQLite knows about connections outside this thread. So if no connection of
 * this thread writes, the check asks SQLite for the lock for a moment.
 */
export async function writerOf({ writeQueue, database }: Engine, connection: Connection): Promise<Writer> {
  const writer = writeQueue?.writer
  if (writer instanceof Probe) return await writer.answer()
  if (writer !== undefined) return 'this thread'
  const probe = new Probe(connection, database.error)
  // Writers that do not write yet keep their places in the line.
  writeQueue?.tryLock(probe, BEFORE_ALL)
  try {
    return await probe.answer()
  } finally {
    writeQueue?.leave(probe)
  }
}

/** Takes its turn among the writers of this thread, so it is in the way of none of them. */
class Probe extends BriefWriter {
  readonly #connection: Connection
  #answer: Promise<Writer> | undefined

  constructor(connection: Connection, sqliteError: SqliteErrorFactory) {
    super(connection, sqliteError)
    this.#connection = connection
  }

  /** Checks that come meanwhile share the answer. */
  answer(): Promise<Writer> {
    return (this.#answer ??= this.#ask())
  }

  async #ask(): Promise<Writer> {
    try {
      await this.#connection.execute('begin immediate', [])
    } catch (error) {
      if (!isSqliteError(error, 'SQLITE_BUSY')) throw error
      return 'another'
    }
    await this.#connection.execute('rollback', [])
    return 'nobody'
  }
}
