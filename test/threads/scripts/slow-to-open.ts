/** A creator that takes its time, and leaves a file when it begins and when it is done. */
import BetterSqlite3, { type Database } from 'better-sqlite3'
import { writeFileSync } from 'node:fs'

export default function open(): Database {
  writeFileSync('opening', '')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  const database = new BetterSqlite3(':memory:')
  writeFileSync('opened', '')
  return database
}
