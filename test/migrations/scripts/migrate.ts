import { PooledSqliteDialect, type PoolClassName } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { once } from 'node:events'
import { migrate, migratorOf } from '../migrator.ts'

/**
 * Run as a process of its own: migrates the file, or the database of a server, and says when it has. In the middle of a migration it
 * stops for ever with `hang`. With `throw` it waits until it is told something, throws, and lives on.
 */
const [url = '', poolclass, fault] = process.argv.slice(2)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({
    url,
    poolclass: poolclass as PoolClassName,
    ...(!url.startsWith('http:') && { pragmas: { journal_mode: 'wal' } }),
  }),
})
const migrator = migratorOf(db, {
  '1 create': async (on) => {
    await sql`create table ran (name, pid)`.execute(on)
  },
  '2 insert': async (on) => {
    await sql`insert into ran values ('two', ${process.pid})`.execute(on)
    if (fault === undefined) return
    await sql`begin immediate`.execute(on)
    await sql`insert into ran values ('half', ${process.pid})`.execute(on)
    console.log('inside')
    if (fault === 'throw') await once(process.stdin, 'data').then(() => Promise.reject(new Error('half-way')))
    await new Promise(() => setInterval(() => {}, 1000))
  },
  '3 transaction': async (on) => {
    await on
      .transaction()
      .execute((trx) => sql`insert into ran values ('three', ${process.pid})`.execute(trx))
  },
})
try {
  console.log(JSON.stringify(await migrate(migrator)))
  await db.destroy()
} catch (error) {
  if (fault !== 'throw') throw error
  console.log(String(error))
  await once(process.stdin, 'end')
}
