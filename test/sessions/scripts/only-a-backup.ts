/** Has nothing else to do. */
import { join } from 'node:path'
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { testedDriver } from '../../support/driver.ts'

const [, , directory = ''] = process.argv
const dialect = new PooledSqliteDialect({
  url: join(directory, 'app.db'),
  driver: testedDriver,
  poolclass: 'QueuePool',
  threads: 1,
})
await sql`create table t (a)`.execute(new Kysely<any>({ dialect }))
void dialect.backup(join(directory, 'backup.db')).then(() => console.log('"done"'))
