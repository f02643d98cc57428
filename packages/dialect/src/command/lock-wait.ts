import { Kysely, sql } from 'kysely'
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '../index.ts'

/**
 * How long another connection kept the write lock of a file from this process, in milliseconds. Undefined if it is free, or if this
 * process may not write and so cannot know.
 *
 * Only a connection that could write learns about the lock. It is not the last one to close, because the last one would copy the WAL
 * into the file: `reader` has the file open until then.
 */
export async function lockWait(
  config: PooledSqliteDialectConfig,
  reader: Kysely<unknown>,
): Promise<number | undefined> {
  return await reader.connection().execute(async (open) => {
    await sql`select 1 from sqlite_schema`.execute(open)
    return await waitToWrite(config)
  })
}

async function waitToWrite(config: PooledSqliteDialectConfig): Promise<number | undefined> {
  const dialect = new PooledSqliteDialect({
    ...config,
    url: writableUrl(config.url),
    connectArgs: { timeout: LONGEST_WAIT },
    walLimit: 0,
  })
  const db = new Kysely<unknown>({ dialect })
  const begin = performance.now()
  try {
    await db.transaction().execute((trx) => sql`select 1`.execute(trx))
    return undefined
  } catch (error) {
    return (error as { code?: unknown }).code === 'SQLITE_BUSY' ? performance.now() - begin : undefined
  } finally {
    await db.destroy()
  }
}

/** @param url As `readOnlyUrl` returns it. */
function writableUrl(url: string | URL): URL {
  const writable = new URL(url)
  writable.searchParams.set('mode', 'rw')
  return writable
}

/** Milliseconds. Writers that keep their transactions short give the lock back sooner. */
const LONGEST_WAIT = 1000
