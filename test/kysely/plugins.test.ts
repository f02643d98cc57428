import { CamelCasePlugin, type KyselyPlugin, ParseJSONResultsPlugin, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'

interface People {
  people: { firstName: string; isAdmin: number }
}

/** Turns every column `is…` into a boolean. */
const booleans: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => ({
    ...result,
    rows: result.rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([key, value]) => [key, key.startsWith('is') ? value === 1 : value]),
      ),
    ),
  }),
}

describe.each(PLACES)('%s', (place) => {
  test('plugins see queries and results, those of transactions and streams too', async () => {
    const { db } = open<People>(place.config(), { plugins: [new CamelCasePlugin(), booleans] })
    await db.schema
      .createTable('people')
      .addColumn('firstName', 'text')
      .addColumn('isAdmin', 'integer')
      .execute()
    const ada = { firstName: 'Ada', isAdmin: 1 }
    const expected = [{ firstName: 'Ada', isAdmin: true }]
    const inserted = await db
      .transaction()
      .execute((trx) => trx.insertInto('people').values(ada).returningAll().execute())
    expect(inserted).toEqual(expected)
    expect(await db.selectFrom('people').selectAll().execute()).toEqual(expected)
    for await (const person of db.selectFrom('people').selectAll().stream()) {
      expect(person).toEqual(expected[0])
    }
    const columns = await sql<{ name: string }>`select name from pragma_table_info('people')`.execute(db)
    expect(columns.rows.map(({ name }) => name)).toEqual(['first_name', 'is_admin'])
  })

  test('a plugin that parses JSON gets text to parse', async () => {
    const { db } = open(place.config(), { plugins: [new ParseJSONResultsPlugin()] })
    const { rows } = await sql`select json_object('a', json_array(1, 2)) as value`.execute(db)
    expect(rows).toEqual([{ value: { a: [1, 2] } }])
  })

  test('a plugin that throws leaves the connection in the pool', async () => {
    const fails: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      transformResult: () => Promise.reject(new Error('not today')),
    }
    const { db, dialect } = open(place.config())
    const query = sql`select 1 as one`
    await expect(query.execute(db.withPlugin(fails))).rejects.toThrow('not today')
    expect((await query.execute(db)).rows).toEqual([{ one: 1 }])
    expect(dialect.pool.status().checkedOut).toBe(0)
  })
})
