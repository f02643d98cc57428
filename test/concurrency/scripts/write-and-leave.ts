/** Writes some 16 MB and neither destroys the database nor exits. Arguments: the file, the driver. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'

const [url = '', driver = ''] = process.argv.slice(2)
const pragmas = { journal_mode: 'wal', synchronous: 'off' }
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url, driver, poolclass: 'QueuePool', pragmas }),
})

await sql`create table note (text blob not null)`.execute(db)
for (let n = 0; n < 160; n += 1) await sql`insert into note values (randomblob(100000))`.execute(db)
