/** Exits when half of its backup is done. */
import { join } from 'node:path'
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { testedDriver } from '../../support/driver.ts'

const [, , directory = ''] = process.argv
const dialect = new PooledSqliteDialect({ url: join(directory, 'app.db'), driver: testedDriver })
const db = new Kysely<any>({ dialect })
await sql`create table ballast (bytes)`.execute(db)
await sql`insert into ballast values (zeroblob(4000000))`.execute(db)
await dialect.backup(join(directory, 'backup.db'), {
  pagesPerStep: 10,
  onProgress: ({ totalPages, remainingPages }) => {
    if (remainingPages > totalPages / 2) return
    console.log('half')
    process.exit()
  },
})
