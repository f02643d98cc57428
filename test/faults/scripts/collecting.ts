/** A creator whose databases have a function that collects the garbage of their thread. */
import type { SqliteLocation } from '@poolclass/dialect'
import type { Database } from 'better-sqlite3'
import openDatabase from '../../threads/scripts/creator.ts'

export default function open(location: SqliteLocation): Database {
  const database = openDatabase(location)
  database.function('collect_garbage', () => {
    globalThis.gc?.()
    return null
  })
  return database
}
