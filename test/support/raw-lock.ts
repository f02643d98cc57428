import { onTestFinished } from 'vitest'
import { PlainDatabase } from './plain-database.ts'

/** A write lock that a plain connection of this thread holds, unknown to the dialect. */
export class RawLock {
  readonly database: PlainDatabase

  constructor(filename: string, begin: string = 'begin immediate') {
    this.database = new PlainDatabase(filename, { timeout: 0 })
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
  const database = new PlainDatabase(filename, { timeout: 0 })
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
