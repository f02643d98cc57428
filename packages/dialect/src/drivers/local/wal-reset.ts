import type { Connection } from '../../connection/connection.ts'
import { warn } from '../../warn.ts'
import type { LibraryName } from '../driver.ts'

let isWarned = false

/**
 * Warns, once in the process, where several connections have a database in WAL mode and their SQLite has the WAL reset bug:
 * one that writes while another resets the WAL can corrupt the database, https://www.sqlite.org/wal.html#walresetbug
 */
export async function warnOfWalReset(connection: Connection, driver: LibraryName): Promise<void> {
  if (isWarned) return
  const version = await valueOf(connection, 'select sqlite_version()')
  if (!hasWalReset(version) || (await valueOf(connection, 'pragma journal_mode')) !== 'wal' || isWarned)
    return
  isWarned = true
  const newer = driver === 'node:sqlite' ? 'Node.js' : driver
  warn(
    'POOLCLASS_WAL_RESET',
    `SQLite ${version} can corrupt a database in WAL mode that several connections use: SQLite 3.51.3 mends that. Use a newer ` +
      `${newer}, or one connection (poolclass: 'StaticPool') in one process.`,
    'https://www.sqlite.org/wal.html#walresetbug',
  )
}

/** Whether a version of SQLite has the bug. It was mended in 3.51.3, and for two older lines in 3.50.7 and 3.44.6. */
export function hasWalReset(version: string): boolean {
  const [, minor = 0, patch = 0] = version.split('.').map(Number)
  if (minor === 44) return patch < 6
  if (minor === 50) return patch < 7
  return minor < 51 || (minor === 51 && patch < 3)
}

async function valueOf(connection: Connection, sql: string): Promise<string> {
  const { rows } = await connection.execute(sql, [])
  return String(Object.values(rows[0] as object)[0])
}
