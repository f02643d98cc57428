import type { Connection } from '../../connection/connection.ts'
import { warn } from '../../warn.ts'
import type { LibraryName } from '../driver-traits.ts'
import { versionWithWalReset } from '../wal-reset-bug.ts'

let isWarned = false

/**
 * Warns, once in the process, where several connections have a database in WAL mode and their SQLite has the WAL reset bug:
 * one that writes while another resets the WAL can corrupt the database, https://www.sqlite.org/wal.html#walresetbug
 */
export async function warnOfWalReset(connection: Connection, driver: LibraryName): Promise<void> {
  if (isWarned) return
  const version = await versionWithWalReset(connection)
  if (version === undefined || (await journalMode(connection)) !== 'wal' || isWarned) return
  isWarned = true
  const newer = driver === 'node:sqlite' ? 'Node.js' : driver
  warn(
    'POOLCLASS_WAL_RESET',
    `SQLite ${version} can corrupt a database in WAL mode that several connections use. SQLite 3.51.3 mends that. Use a newer ` +
      `${newer}, or one connection (poolclass: 'StaticPool') in one process.`,
    'https://www.sqlite.org/wal.html#walresetbug',
  )
}

async function journalMode(connection: Connection): Promise<unknown> {
  const { rows } = await connection.execute('pragma journal_mode', [])
  return Object.values(rows[0] as object)[0]
}
