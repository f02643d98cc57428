/** Increments the counter, many transactions at once. Arguments: the config in JSON, how often. */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'

interface CounterDatabase {
  counter: { id: number; value: number }
}

const [config = '', times = '0'] = process.argv.slice(2)
const dialect = new PooledSqliteDialect(JSON.parse(config) as PooledSqliteDialectConfig)
const db = new Kysely<CounterDatabase>({ dialect })

async function increment(): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { value } = await trx.selectFrom('counter').select('value').executeTakeFirstOrThrow()
    await Promise.resolve()
    await trx
      .updateTable('counter')
      .set({ value: value + 1 })
      .execute()
  })
}

await Promise.all(Array.from({ length: Number(times) }, increment))
await db.destroy()
