import { PooledSqliteDialect, type PoolClassName } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { testedDriver } from '../support/driver.ts'
import { open } from '../support/open.ts'
import { openFilesIn } from '../support/open-files.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** As a development server does that loads a module again after each change. */
async function useAndForget(url: string, poolclass: PoolClassName): Promise<WeakRef<PooledSqliteDialect>> {
  const dialect = new PooledSqliteDialect({
    url,
    poolclass,
    driver: testedDriver,
    pragmas: { journal_mode: 'wal' },
  })
  const db = new Kysely<unknown>({ dialect })
  await run(db, 'create table if not exists t (a)')
  await run(db, 'insert into t values (1)')
  return new WeakRef(dialect)
}

test.each<PoolClassName>(['QueuePool', 'StaticPool', 'SingletonThreadPool'])(
  'a dialect with %s that nobody destroys or uses any more is garbage, beside one of the same file that is in use',
  async (poolclass) => {
    const directory = temporaryDirectory()
    const url = join(directory, 'app.db')
    const { db } = open(url)
    await run(db, 'create table t (a)')
    const forgotten = await Promise.all([1, 2, 3].map(() => useAndForget(url, poolclass)))
    await expect
      .poll(() => {
        collectGarbage()
        return forgotten.filter((dialect) => dialect.deref() !== undefined).length
      })
      .toBe(0)
    await run(db, 'insert into t values (2)')
    await db.destroy()
    await expect
      .poll(() => {
        collectGarbage()
        return openFilesIn(directory)
      })
      .toEqual([])
  },
)
