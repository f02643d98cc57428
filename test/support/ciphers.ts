import type BetterSqlite3 from 'better-sqlite3'
import { createRequire } from 'node:module'
import { LIBRARIES } from '../../packages/dialect/src/drivers/local/libraries.ts'

/** A handle of better-sqlite3-multiple-ciphers. */
export interface CipherDatabase extends BetterSqlite3.Database {
  key(key: Buffer): unknown
  rekey(key: Buffer): unknown
}

type CipherDatabaseClass = new (filename: string, options?: BetterSqlite3.Options) => CipherDatabase

/** The package; undefined where it cannot be loaded. */
const ciphers = await load()

/** Why it cannot; undefined where it can. */
export const whyNoCiphers: string | undefined = typeof ciphers === 'string' ? ciphers : undefined

/** A handle opened by the package alone, with this key. */
export function openCipher(
  filename: string,
  key?: string | Buffer,
  options?: BetterSqlite3.Options,
): CipherDatabase {
  if (typeof ciphers === 'string') throw new Error(ciphers)
  const database = new ciphers(filename, options)
  if (key !== undefined) database.key(Buffer.from(key))
  return database
}

async function load(): Promise<CipherDatabaseClass | string> {
  try {
    // Its addon reads URIs where the dialect loads it.
    await LIBRARIES['better-sqlite3-multiple-ciphers'].load()
    return createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as CipherDatabaseClass
  } catch (error) {
    return String(error)
  }
}
