import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { SharedNumbers } from '../../packages/dialect/src/threads/shared-numbers.ts'
import { rowsOf } from '../support/counters.ts'
import { testedDriver } from '../support/driver.ts'
import { scaled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { failureOf } from '../support/failure.ts'
import { resultOf } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { closeBothHomes, inBothHomes } from './both-homes.ts'

afterAll(closeBothHomes)

const GREATEST = 2n ** 63n - 1n
const LEAST = -(2n ** 63n)

const VALUES: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['undefined', undefined],
  ['zero', 0],
  ['minus zero', -0],
  ['an integer', 42],
  ['the greatest exact integer', Number.MAX_SAFE_INTEGER],
  ['the least exact integer', Number.MIN_SAFE_INTEGER],
  ['a fraction', 0.1],
  ['the smallest number', Number.MIN_VALUE],
  ['the greatest number', Number.MAX_VALUE],
  ['infinity', Infinity],
  ['minus infinity', -Infinity],
  ['what is not a number', Number.NaN],
  ['a bigint', 42n],
  ['the greatest bigint', GREATEST],
  ['the least bigint', LEAST],
  ['an empty text', ''],
  ['a text with astral characters', 'a🦫b𝄞'],
  ['a text with a high surrogate alone', 'a\uD83D'],
  ['a text with a low surrogate alone', '\uDE00b'],
  ['a text with a NUL', 'a\0b'],
  ['a text of a megabyte', 'äx🦫'.repeat(150_000)],
  ['an empty Buffer', Buffer.alloc(0)],
  ['a Buffer of one byte', Buffer.from([255])],
  ['a Buffer of the pool', Buffer.from('small')],
  ['a Buffer of a megabyte', Buffer.alloc(2 ** 20, 'abc')],
  ['an Uint8Array', new Uint8Array([1, 2, 3])],
  ['a part of an Uint8Array', new Uint8Array([1, 2, 3, 4]).subarray(1, 3)],
  ['a DataView', new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)],
  ['a Float64Array', new Float64Array([1.5, -0])],
  ['an Uint8Array of shared memory', new Uint8Array(new SharedArrayBuffer(3)).fill(7)],
]

/** The outcome of a query: its rows, or its error, such as that of `node:sqlite` for an integer beyond 2^53. */
async function outcome(rows: Promise<unknown[]>): Promise<unknown> {
  try {
    return await rows
  } catch (error) {
    const { name, message, code } = error as Error & { code?: unknown }
    return { type: (error as Error).constructor, name, message, code }
  }
}

describe('a parameter arrives in another thread as it does here, and comes back the same', () => {
  test.each(VALUES)('%s', async (_, value) => {
    const { local, hosted } = await inBothHomes(async (db) => [
      await outcome(run(db, 'select ? as value', value)),
      await outcome(
        run(db, 'select typeof(v) as type, hex(v) as bytes, quote(v) as quoted from (select ? as v)', value),
      ),
    ])
    expect(hosted).toStrictEqual(local)
  })

  test.each(VALUES)('%s, with integers as bigints', async (_, value) => {
    const { local, hosted } = await inBothHomes(
      async (db) => await outcome(run(db, 'select ? as value, 7 as seven', value)),
      { connectArgs: { safeIntegers: true } },
    )
    expect(hosted).toStrictEqual(local)
  })

  test.each(VALUES)('%s, in a stored row and its stream', async (_, value) => {
    const { local, hosted } = await inBothHomes(async (db) => {
      await run(db, 'create table t (value)')
      const inserted = await outcome(run(db, 'insert into t values (?)', value))
      return [inserted, await outcome(rowsOf(db.selectFrom('t').selectAll().stream(1)))]
    })
    expect(hosted).toStrictEqual(local)
  })
})

test('a bigint beyond 64 bits is refused in the same way', async () => {
  const { local, hosted } = await inBothHomes((db) => outcome(run(db, 'select ? as value', 2n ** 63n)))
  expect(local).toMatchObject({ name: 'RangeError' })
  expect(hosted).toStrictEqual(local)
})

test.each<readonly [string, unknown]>([
  ['a boolean', true],
  ['false', false],
  ['a Date', new Date(0)],
  ['an object', { a: 1 }],
  ['a list', [1, 2]],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['an ArrayBuffer', new ArrayBuffer(2)],
  ['a Map', new Map()],
  ['a promise', Promise.resolve(1)],
])('%s cannot be bound, and the error is the same', async (_, value) => {
  const { local, hosted } = await inBothHomes(async (db) => {
    const query = await outcome(run(db, 'select ? as value', value))
    return [query, await run(db, 'select 1 as next')]
  })
  expect(local).toMatchObject([{ type: TypeError }, [{ next: 1 }]])
  expect(hosted).toStrictEqual(local)
})

describe('a blob arrives as a Buffer of its own', () => {
  test.each([1, 100, 5000])('among %i rows', async (count) => {
    const { db } = open({ url: ':memory:', threads: 1 })
    const text =
      'with recursive c(i) as (select 1 union all select i + 1 from c limit ?) select zeroblob(3) as blob from c'
    const rows = await run(db, text, count)
    const others = rows.filter(({ blob }) => !Buffer.isBuffer(blob) || blob.toString('hex') !== '000000')
    expect([rows.length, others]).toEqual([count, []])
  })

  test('a small Buffer that is bound does not take the memory of the pool along', async () => {
    const { db } = open({ url: ':memory:', threads: 1 })
    const small = Buffer.from('small')
    expect(small.buffer.byteLength).toBeGreaterThan(1000)
    const [{ blob }] = await run(db, 'select ? as blob', small)
    expect(blob).toStrictEqual(small)
    expect(blob.buffer.byteLength).toBeLessThan(1000)
  })

  test('a Buffer that is bound stays as it was here', async () => {
    const { db } = open({ url: ':memory:', threads: 1 })
    const own = Buffer.alloc(2 ** 20, 'abc')
    await run(db, 'select length(?) as length', own)
    expect(own).toStrictEqual(Buffer.alloc(2 ** 20, 'abc'))
  })

  test('a Buffer that is changed after its query was sent arrives as it was then', async () => {
    const { db } = open({ url: ':memory:', threads: 1 })
    await run(db, 'select 1')
    await db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      const own = Buffer.from('before')
      const rows = run(connection, 'select cast(? as text) as text', own)
      await Promise.resolve().then(() => Promise.resolve())
      const later = new Promise((resolve) => setImmediate(resolve)).then(() => own.fill('x'))
      expect(await rows).toEqual([{ text: 'before' }])
      await later
    })
  })
})

const COUNTS = [0, 1, 49, 50, 51, 999, 1000, 1001, 5001]
const NUMBERS = 'with recursive c(i) as (select 1 union all select i + 1 from c)'

describe('rows arrive as they do here', () => {
  test.each(COUNTS)('%i rows, whose columns mix types, with blobs in some', async (count) => {
    const text =
      `${NUMBERS} select i, case i % 5 when 0 then null when 1 then i when 2 then i / 7.0 when 3 then 'text ' || i ` +
      `else cast(i as blob) end as mixed, iif(i % 97 = 0, zeroblob(i % 3), 'none') as seldom from c limit ?`
    const { local, hosted } = await inBothHomes((db) => run(db, text, count))
    expect(local.length).toBe(count)
    expect(hosted).toStrictEqual(local)
  })

  test.each(COUNTS)('%i rows, as a stream', async (count) => {
    const { local, hosted } = await inBothHomes(async (db) => {
      await run(
        db,
        `create table t as ${NUMBERS} select i, iif(i % 13 = 0, zeroblob(2), i) as v from c limit ?`,
        count,
      )
      const rows: unknown[] = []
      for await (const row of db.selectFrom('t').selectAll().stream(70)) rows.push(row)
      return rows
    })
    expect(local.length).toBe(count)
    expect(hosted).toStrictEqual(local)
  })

  test.each([1, 49, 50, 1500])('%i rows that an insert returns', async (count) => {
    const { local, hosted } = await inBothHomes(async (db) => {
      await run(db, 'create table t (a, b)')
      return await run(
        db,
        `insert into t ${NUMBERS} select i, zeroblob(i % 2) from c limit ? returning *`,
        count,
      )
    })
    expect(local.length).toBe(count)
    expect(hosted).toStrictEqual(local)
  })

  test.each([1, 60])('%i rows of 200 columns', async (count) => {
    const columns = Array.from({ length: 200 }, (_, index) => `i + ${index} as column_${index}`)
    const text = `${NUMBERS} select ${columns.join(', ')} from c limit ?`
    const { local, hosted } = await inBothHomes((db) => run(db, text, count))
    expect(hosted).toStrictEqual(local)
  })

  describe.each([1, 8, 60])('%i of them, with columns whose names are', (count) => {
    test.each<readonly [string, string]>([
      ['duplicate', 'i as a, i + 1 as b, i + 2 as a'],
      ['numbers, and not in order', `i as "2", i as z, i as "1", i as "-1", i as "01"`],
      ['empty', `i as "", i as a`],
      [
        'those of Object.prototype',
        `i as "constructor", i as "toString", i as "hasOwnProperty", i as "valueOf"`,
      ],
      ['__proto__, with numbers', `i as "__proto__", i as a`],
      ['__proto__, with texts', `'x' as "__proto__", i as a`],
      ['__proto__, with null', `null as "__proto__", i as a`],
      ['__proto__, with blobs', `zeroblob(2) as "__proto__", i as a`],
      ['expressions', `i + 1, 'text', null`],
      ['of astral characters', `i as "🦫", i as "a b", i as "a""b"`],
      ['length and buffer, with blobs', `zeroblob(1) as "buffer", i as "length", i as "byteLength"`],
    ])('%s', async (_, columns) => {
      const { local, hosted } = await inBothHomes(async (db) => {
        const ask = (): Promise<Record<string, unknown>[]> =>
          run(db, `${NUMBERS} select ${columns} from c limit ?`, count)
        return [...(await ask()), ...(await ask())]
      })
      expect(hosted.map(Object.entries)).toStrictEqual(local.map(Object.entries))
    })
  })
})

test('many rows arrive whole and in order where the calling thread is too busy to take them', async () => {
  const { db } = open({ url: ':memory:', threads: 1 })
  await run(db, 'select 1')
  const reading = run(db, `${NUMBERS} select i from c limit ?`, 100_000)
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
      resolve()
    })
  })
  const rows = await reading
  expect(rows.length).toBe(100_000)
  expect(rows.findIndex(({ i }, index) => i !== index + 1)).toBe(-1)
})

test('results that are under way at once arrive whole, each with its own numbers and texts', async () => {
  const { db } = open({ url: join(temporaryDirectory(), 'app.db'), poolclass: 'QueuePool', threads: 1 })
  const text = `${NUMBERS} select i * ? as number, 'text of ' || cast(i * ? as integer) as text from c limit ?`
  for (let round = 1; round <= scaled(40); round += 1) {
    const factors = Array.from({ length: 12 }, (_, n) => round * 1000 + n)
    const reading = Promise.all(factors.map((factor, n) => run(db, text, factor, factor, 1 + n * 13)))
    // Meanwhile the thread posts several results that nobody takes.
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5))
    // oxlint-disable-next-line no-await-in-loop -- one round after the other
    const results = await reading
    const wrong = results.flatMap((rows, n) =>
      rows.filter(({ number, text: found }, i) => {
        const expected = factors[n]! * (i + 1)
        return number !== expected || found !== `text of ${expected}`
      }),
    )
    expect(wrong).toEqual([])
    expect(results.map((rows) => rows.length)).toEqual(factors.map((_, n) => 1 + n * 13))
  }
})

test('the numbers of each result that is alone travel by shared memory', async () => {
  const { db } = open({ url: ':memory:', threads: 1 })
  const taken = vi.spyOn(SharedNumbers.prototype, 'noteTaken')
  onTestFinished(() => taken.mockRestore())
  for (let n = 0; n < 3; n += 1) expect(await run(db, `${NUMBERS} select i from c limit 20`)).toHaveLength(20)
  expect(taken.mock.calls.map(([[, , , numbers]]) => numbers)).toEqual([true, true, true])
})

test.skipIf(testedDriver !== 'better-sqlite3').each([5, 9, 50])(
  '%i rows that a creator has made arrive with the columns of each',
  async (count) => {
    const { db } = open({
      url: ':memory:',
      threads: 1,
      creator: new URL('scripts/uneven-rows.ts', import.meta.url),
    })
    const rows = await run(db, `${NUMBERS} select i, iif(i % 2, null, i) as even from c limit ?`, count)
    expect(rows).toEqual(
      Array.from({ length: count }, (_, n) => (n % 2 === 0 ? { i: n + 1 } : { i: n + 1, even: n + 1 })),
    )
  },
)

test('a row that is kept keeps little of its result in memory', { tags: 'slow' }, async () => {
  const { kept, growth } = await resultOf('threads/scripts/kept-rows.ts', [])
  expect(kept).toBe(2000)
  // Their results take 200 MB.
  expect(growth).toBeLessThan(20 * 2 ** 20)
})

test('what a statement changed, and the rowid that it gave, arrive as bigints', async () => {
  const { local, hosted } = await inBothHomes(async (db) => {
    await run(db, 'create table t (id integer primary key, a)')
    const inserted = await db.insertInto('t').values({ id: GREATEST, a: 1 }).execute()
    return [inserted, await db.updateTable('t').set({ a: 2 }).execute(), await db.deleteFrom('t').execute()]
  })
  expect(hosted).toStrictEqual(local)
})

describe('whatever the rows are', () => {
  const value = fc.oneof(
    fc.constant(null),
    fc.integer(),
    fc.double(),
    fc.bigInt({ min: LEAST, max: GREATEST }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  )
  const table = fc
    .integer({ min: 1, max: 6 })
    .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 120 }))

  test('they come back as they do here', async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 150 }), async (rows, chunkSize) => {
        const { local, hosted } = await inBothHomes(async (db) => {
          const columns = Array.from(rows[0] ?? [0], (_, index) => `c${index}`)
          await run(db, `create table t (${columns.join(', ')})`)
          const insert = `insert into t values (${columns.map(() => '?').join(', ')})`
          await db.transaction().execute(async (trx) => {
            for (const row of rows) await run(trx, insert, ...row)
          })
          return [
            await outcome(run(db, 'select * from t')),
            await outcome(rowsOf(db.selectFrom('t').selectAll().stream(chunkSize))),
          ]
        })
        expect(hosted).toStrictEqual(local)
      }),
      { seed: 1729, numRuns: scaled(100) },
    )
  })
})

test('a text that is too long for SQLite is refused in the same way', async () => {
  const { local, hosted } = await inBothHomes(async (db) => {
    const { message, code } = await failureOf(run(db, 'select zeroblob(2147483647) as value'))
    return { message, code }
  })
  expect(local.code).toBe('SQLITE_TOOBIG')
  expect(hosted).toStrictEqual(local)
})
