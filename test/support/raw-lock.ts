import BetterSqlite3, { type Database } from 'better-sqlite3'
import { onTestFinished } from 'vitest'

/** A write lock that a plain better-sqlite3 connection of this thread holds, unknown to the dialect. */
export class RawLock {
  readonly database: Database

  constructor(filename: string, begin: string = 'begin immediate') {
    this.database = new BetterSqlite3(filename, { timeout: 0 })
    onTestFinished(() => {
      this.database.close()
    })
    this.database.exec(begin)
  }

  release(): void {
    this.database.exec('rollback')
  }
}

/** Whether somebody holds a lock on the database that keeps others from writing. */
export function isLocked(filename: string): boolean {
  const database = new BetterSqlite3(filename, { timeout: 0 })
  try {
    database.exec('begin immediate; rollback')
    return false
  } catch (error) {
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') return true
    throw error
  } finally {
    database.close()
  }
}
