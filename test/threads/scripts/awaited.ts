/** Awaits what lasts a while, with nothing else that keeps the process alive. Argument: what. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { run } from '../../support/statements.ts'
import { testedDriver } from '../../support/driver.ts'

const [what = ''] = process.argv.slice(2)
const creator = new URL('creator.ts', import.meta.url)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: testedDriver, threads: 1, creator }),
})
const slow = 'select sleep(300) as slept'

const WAITS: Record<string, () => Promise<unknown>> = {
  query: async () => {
    await run(db, 'select 1')
    await run(db, slow)
  },
  'first query': () => run(db, slow),
  transaction: () =>
    db.transaction().execute(async (trx) => {
      await run(trx, slow)
      await run(trx, slow)
    }),
  stream: async () => {
    await run(db, 'create table t as select 1 as a union select 2')
    for await (const _ of db
      .selectFrom('t')
      .select(sql`sleep(100)`.as('s'))
      .stream(1));
  },
}

await WAITS[what]?.()
process.stdout.write(JSON.stringify({ answered: what }))
