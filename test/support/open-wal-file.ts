import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { type Kysely, sql } from 'kysely'
import { join } from 'node:path'
import { open } from './open.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A new file in WAL mode, with an empty table `t`. */
export async function openWalFile(
  more: Omit<PooledSqliteDialectConfig, 'url'>,
): Promise<{ url: string; db: Kysely<any> }> {
  const url = join(temporaryDirectory(), 'app.db')
  const { db } = open({ url, pragmas: { journal_mode: 'wal', synchronous: 'off' }, ...more })
  await sql`create table t (a)`.execute(db)
  return { url, db }
}
