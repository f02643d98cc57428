import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { createCounters, type CounterDatabase } from '../support/counters.ts'
import { open, threads } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { IMPORT_OF_DATABASE } from '../support/plain-database.ts'
import { creatorOf } from '../threads/creators.ts'

/** That of the docs, as a module that every thread can load. */
const creator: URL = creatorOf(`
  ${IMPORT_OF_DATABASE}

  export default (location, { filename, options }) => {
    const database = new Database(filename, options)
    database.function('twice', (n) => n * 2)
    database.aggregate('product', { start: 1, step: (product, n) => product * n })
    return database
  }
`)

describe.each(PLACES)('%s', (place) => {
  test('functions and aggregates of a creator are on every connection, in whatever thread', async () => {
    const { db } = open<CounterDatabase>(place.config({ creator }))
    await createCounters(db, 3)
    const ask = (): Promise<unknown> =>
      sql`select twice(21) as twice, product(id) as product from counter`.execute(db).then(({ rows }) => rows)
    const tasks = place.poolclass === 'AssertionPool' ? 1 : 6
    const answers = await Promise.all(Array.from({ length: tasks }, ask))
    expect(answers).toEqual(Array.from({ length: tasks }, () => [{ twice: 42, product: 6 }]))
  })

  test('a creator of functions keeps what the config says', async () => {
    const config = place.config({ creator, pragmas: { foreign_keys: false, cache_size: -123 } })
    const { db } = open<CounterDatabase>({ ...config, connectArgs: { safeIntegers: true } })
    const { rows } =
      await sql`select * from pragma_foreign_keys, pragma_cache_size, (select twice(2) as four)`.execute(db)
    expect(rows).toEqual([{ foreign_keys: 0n, cache_size: -123n, four: 4 }])
  })
})

test.each(PLACES.filter(({ kind }) => kind === 'file'))(
  'a creator of functions cannot write to a file that is read only: %s',
  async (place) => {
    const config = place.config()
    await createCounters(open<CounterDatabase>(config).db)
    const { db } = open<CounterDatabase>({
      url: config.url,
      poolclass: place.poolclass,
      threads,
      creator,
      connectArgs: { readonly: true },
    })
    expect((await sql`select twice(id) as a from counter`.execute(db)).rows).toEqual([{ a: 2 }])
    await expect(sql`delete from counter`.execute(db)).rejects.toMatchObject({ code: 'SQLITE_READONLY' })
  },
)
