import type { Connection } from '../connection/connection.ts'
import { isSqliteError, type SqliteErrorFactory } from '../drivers/driver.ts'
import type { Engine } from '../engine.ts'
import type { Holder } from '../waiting/nested-use.ts'
import { BEFORE_ALL } from '../waiting/write-queue.ts'

export type Writer = 'nobody' | 'this thread' | 'another'

/** Who has the write lock. Only SQLite knows of others: where nobody of this thread writes, it is asked for the lock for a moment. */
export async function writerOf({ writeQueue, database }: Engine, connection: Connection): Promise<Writer> {
  const writer = writeQueue?.writer
  if (writer instanceof Probe) return await writer.answer()
  if (writer !== undefined) return 'this thread'
  const probe = new Probe(connection, database.error)
  // Those who do not write yet keep their places.
  writeQueue?.tryLock(probe, BEFORE_ALL)
  try {
    return await probe.answer()
  } finally {
    writeQueue?.leave(probe)
  }
}

/** It stands among the writers of this thread, so that it is in nobody's way. */
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

  /** The same for all checks that come meanwhile. */
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
