import { CompiledQuery, type Kysely, sql } from 'kysely'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { testedDriver } from '../support/driver.ts'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'

const ASTRAL = 'naïve 𝒮𝓆𝓁 🎈 \u{10FFFF}'

const GOOD: readonly [title: string, given: unknown, type: string, back: unknown][] = [
  ['null', null, 'null', null],
  ['undefined, which is NULL as with the dialect of Kysely', undefined, 'null', null],
  ['an integer', 42, 'real', 42],
  ['a fraction', -0.5, 'real', -0.5],
  ['infinity', Infinity, 'real', Infinity],
  ['a bigint', 42n, 'integer', 42],
  ['the least bigint of a safe number', BigInt(Number.MIN_SAFE_INTEGER), 'integer', Number.MIN_SAFE_INTEGER],
  ['text', 'plain', 'text', 'plain'],
  ['empty text', '', 'text', ''],
  ['text beyond the basic plane', ASTRAL, 'text', ASTRAL],
  ['text with a NUL', 'a\0b', 'text', 'a\0b'],
  ['a Buffer', Buffer.from([0, 255, 1]), 'blob', Buffer.from([0, 255, 1])],
  ['a Uint8Array', new Uint8Array([9, 8, 7]), 'blob', Buffer.from([9, 8, 7])],
  ['a part of a larger buffer', new Uint8Array([1, 2, 3, 4]).subarray(1, 3), 'blob', Buffer.from([2, 3])],
  ['an empty Buffer', Buffer.alloc(0), 'blob', Buffer.alloc(0)],
]

const BAD: readonly [title: string, given: unknown, advice: RegExp][] = [
  ['a boolean', true, /boolean to 1 or 0/],
  ['a Date', new Date(0), /Date to text or a number/],
  ['an object', { a: 1 }, /an object to JSON/],
  ['an array', [1], /an object to JSON/],
]

describe.each(PLACES)('%s', (place) => {
  test('a parameter of any type arrives as itself', async () => {
    const { db } = open(place.config())
    for (const [title, given, type, back] of GOOD) {
      // JSON has no infinity, and the protocol of servers is in JSON.
      if (place.kind === 'server' && given === Infinity) continue
      const query = CompiledQuery.raw('select ? as value, typeof(?) as type', [given, given])
      const { rows } = await db.executeQuery(query)
      expect({ title, rows }).toStrictEqual({ title, rows: [{ value: back, type }] })
    }
  })

  test('as many parameters as SQLite takes arrive in their order', async () => {
    const { db } = open(place.config())
    for (const count of [0, 1, 2, 7, 100, 101, 1000]) {
      const given = Array.from({ length: count }, (_, index) => `value ${index}`)
      const places = given.map(() => '(?)').join(', ')
      const text = count === 0 ? 'select 1 where 0' : `select column1 as value from (values ${places})`
      const { rows } = await db.executeQuery<{ value: string }>(CompiledQuery.raw(text, given))
      expect(rows.map(({ value }) => value)).toStrictEqual(given)
    }
  })

  test('an object behind other parameters is refused, and never taken for several or for named ones', async () => {
    const { db } = open(place.config())
    const texts = ['select ? as a, ? as b, ? as c', 'select :a as a, :b as b, :c as c']
    const wrong = [[2, 3], [], { a: 1 }, { b: 2, c: 3 }, Object.create(null), () => 2, new Map(), new Date(0)]
    for (const text of texts) {
      for (const value of wrong) {
        for (const given of [[value], [1, value], [1, value, null], [value, 1, 2], [1, 2, value, value]]) {
          const query = db.executeQuery(CompiledQuery.raw(text, given))
          await expect(query, `${text} ${inspect(given)}`).rejects.toThrow(/bind|parameter/i)
        }
      }
    }
  })

  test('values survive storage', async () => {
    const { db } = open<{ t: { a: unknown; b: unknown; c: unknown } }>(place.config())
    await sql`create table t (a integer, b text, c blob)`.execute(db)
    const row = { a: 42, b: ASTRAL, c: Buffer.from([0, 1, 2]) }
    await db.insertInto('t').values(row).execute()
    expect(await db.selectFrom('t').selectAll().executeTakeFirst()).toStrictEqual(row)
  })
})

function bind(db: Kysely<any>, value: unknown): Promise<unknown> {
  return db.executeQuery(CompiledQuery.raw('select ? as value', [value]))
}

async function streamed(db: Kysely<any>, value: unknown): Promise<unknown> {
  const stream = db.getExecutor().stream(CompiledQuery.raw('select ? as value', [value]), 10)
  return (await stream.next()).value
}

test.each(BAD)(
  'a parameter that is %s is refused, and the error says what to do',
  async (_title, given, advice) => {
    const { db, dialect } = open(':memory:')
    await expect(bind(db, given)).rejects.toThrow(advice)
    expect(dialect.pool.status().checkedOut).toBe(0)
    expect(await bind(db, 1)).toMatchObject({ rows: [{ value: 1 }] })
  },
)

test('a wrong parameter in a stream gets the same advice', async () => {
  const { db } = open(':memory:')
  await expect(streamed(db, true)).rejects.toThrow(/boolean to 1 or 0/)
})

const REFUSAL: unknown = expect.stringContaining('Uint8Array of its bytes')

describe.each([
  ['a query', bind],
  ['a stream', streamed],
])('the bytes of a DataView, as the parameter of %s,', (_, send) => {
  test.each([0, 60_000])(
    'are bound or refused, and the connection goes on, with a statementTimeout of %i',
    async (statementTimeout) => {
      const { db, dialect } = open({ url: ':memory:', statementTimeout })
      const view = new DataView(new Uint8Array([1, 2]).buffer)
      const outcome = await send(db, view).catch((error: Error) => error.message)
      const blob = { rows: [{ value: Buffer.from([1, 2]) }] }
      expect(outcome).toEqual(testedDriver === 'node:sqlite' ? blob : REFUSAL)
      await sql`create table t (a)`.execute(db)
      expect(await bind(db, 1)).toMatchObject({ rows: [{ value: 1 }] })
      expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, opened: 1 })
    },
  )
})

test.skipIf(!('Float16Array' in globalThis))('a Float16Array is never bound as an empty blob', async () => {
  const { db } = open(':memory:')
  const given = new Float16Array([1, 2])
  const outcome = await bind(db, given).catch((error: Error) => error.message)
  expect([REFUSAL, { rows: [{ value: Buffer.from(given.buffer) }] }]).toContainEqual(outcome)
})

test('too many and too few parameters are errors', async () => {
  const { db } = open(':memory:')
  await expect(db.executeQuery(CompiledQuery.raw('select ? as a', [1, 2]))).rejects.toThrow(/[Tt]oo many/)
  await expect(db.executeQuery(CompiledQuery.raw('select ? as a, ? as b', [1]))).rejects.toThrow(/[Tt]oo few/)
})

test('a bigint beyond 64 bits is an error, never another number', async () => {
  const { db } = open(':memory:')
  await expect(bind(db, 2n ** 63n)).rejects.toThrow(/[Bb]ig[Ii]nt/)
})

describe('integers beyond 2^53', () => {
  const BEYOND = 2n ** 53n + 1n

  test('are rounded by better-sqlite3 by default, and refused by node:sqlite, whose error names the cure', async () => {
    const { db } = open(':memory:')
    for (const value of [BEYOND, -BEYOND]) {
      const bound = await bind(db, value).then(
        (result) => (result as { rows: unknown }).rows,
        ({ message }: Error) => message,
      )
      const refusal = expect.stringMatching(`${value}.*connectArgs.safeIntegers`)
      expect(bound).toEqual(testedDriver === 'node:sqlite' ? refusal : [{ value: Number(value) }])
    }
  })

  test.each(PLACES)('keep every digit with safeIntegers, on %s', async (place) => {
    const { db } = open<{ t: { id: bigint } }>(place.config({ connectArgs: { safeIntegers: true } }))
    await sql`create table t (id integer primary key)`.execute(db)
    const inserted = await db.insertInto('t').values({ id: BEYOND }).executeTakeFirst()
    expect(inserted).toEqual({ insertId: BEYOND, numInsertedOrUpdatedRows: 1n })
    const rows = [{ id: BEYOND }]
    expect(await db.selectFrom('t').selectAll().execute()).toStrictEqual(rows)
    for await (const row of db.selectFrom('t').selectAll().stream()) expect(row).toStrictEqual(rows[0])
    const readOnly = db.transaction().setAccessMode('read only')
    expect(await readOnly.execute((trx) => trx.selectFrom('t').selectAll().execute())).toStrictEqual(rows)
    await db.deleteFrom('t').execute()
    expect(await db.introspection.getTables()).toMatchObject([{ name: 't', isView: false }])
  })
})
