import type { Connection } from '../connection/connection.ts'

/**
 * The version of a connection's SQLite, if it has the WAL reset bug: a connection that writes while another resets the WAL
 * can corrupt the database, https://www.sqlite.org/wal.html#walresetbug
 */
export async function versionWithWalReset(connection: Connection): Promise<string | undefined> {
  const { rows } = await connection.execute('select sqlite_version()', [])
  const version = String(Object.values(rows[0] as object)[0])
  return hasWalReset(version) ? version : undefined
}

/** It was mended in 3.51.3, and for two older lines in 3.50.7 and 3.44.6. */
export function hasWalReset(version: string): boolean {
  const [, minor = 0, patch = 0] = version.split('.').map(Number)
  if (minor === 44) return patch < 6
  if (minor === 50) return patch < 7
  return minor < 51 || (minor === 51 && patch < 3)
}
