import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

test('two dialects share a memory database', async () => {
  const url = 'file:shop?mode=memory&cache=shared'
  const one = new Kysely<any>({ dialect: new PooledSqliteDialect({ url }) })
  const other = new Kysely<any>({ dialect: new PooledSqliteDialect({ url, threads: 1 }) })
  await sql`create table t as select 1 as a`.execute(one)
  expect((await sql`select a from t`.execute(other)).rows).toEqual([{ a: 1 }])
  await Promise.all([one.destroy(), other.destroy()])
})

test('objects of this realm are what they look like', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'poolclass-'))
  const dialect = new PooledSqliteDialect({
    url: pathToFileURL(join(directory, 'app.db')),
    connectArgs: JSON.parse('{ "timeout": 100 }'),
    pragmas: { cache_size: '1MB' },
  })
  const db = new Kysely<any>({ dialect })
  expect((await sql`pragma cache_size`.execute(db)).rows).toEqual([{ cache_size: -1024 }])
  await db.destroy()
  rmSync(directory, { recursive: true })
})
