import type { Connection } from '../connection/connection.ts'
import { isSqliteError, type SqliteErrorFactory } from '../drivers/driver.ts'
import type { Engine } from '../engine.ts'
import type { Holder } from '../waiting/nested-use.ts'
import { BEFORE_ALL } from '../waiting/write-queue.ts'

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
class Probe implements Holder {
  readonly connected = true
  readonly takenAt = undefined
  readonly inside = 'db.transaction()'
  readonly waitsForNobody = true
  readonly connection: Connection
  readonly sqliteError: SqliteErrorFactory
  #answer: Promise<Writer> | undefined

  constructor(connection: Connection, sqliteError: SqliteErrorFactory) {
    this.connection = connection
    this.sqliteError = sqliteError
  }

  /** Checks that come meanwhile share the answer. */
  answer(): Promise<Writer> {
    return (this.#answer ??= this.#ask())
  }

  async #ask(): Promise<Writer> {
    try {
      await this.connection.execute('begin immediate', [])
    } catch (error) {
      if (!isSqliteError(error, 'SQLITE_BUSY')) throw error
      return 'another'
    }
    await this.connection.execute('rollback', [])
    return 'nobody'
  }
}
