/** A creator whose databases have functions that collect the garbage of their thread, and tell what is left. */
import type { SqliteLocation } from '@poolclass/dialect'
import type { Database } from 'better-sqlite3'
import openDatabase from '../../threads/scripts/creator.ts'

export default function open(location: SqliteLocation): Database {
  const database = openDatabase(location) as Database
  database.function('collect_garbage', () => {
    globalThis.gc?.()
    return null
  })
  database.function('heap_used', () => process.memoryUsage().heapUsed)
  return database
}
