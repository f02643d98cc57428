import { ReleasedError } from '@poolclass/dialect'
import * as fc from 'fast-check'
import { CompiledQuery, type DatabaseConnection, type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { steps } from '../../packages/dialect/src/session/statement-order.ts'
import {
  type CounterDatabase,
  createCounters,
  ids,
  insert,
  rowsOf,
  untilAllReturned,
  valueOf,
} from '../support/counters.ts'
import { scaled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { open, threads } from '../support/open.ts'
import { type Place, PLACES_FOR_LONG, PLACES_FOR_MANY } from '../support/places.ts'

function add(db: Kysely<CounterDatabase>, id: number = 1): Promise<unknown> {
  return db
    .updateTable('counter')
    .set((set) => ({ value: set('value', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** Runs a write on a handle that it keeps, and then the rest. */
function keeping<T>(
  db: Kysely<CounterDatabase>,
  write: CompiledQuery,
  rest: (handle: DatabaseConnection) => Promise<T>,
): Promise<T> {
  return db.getExecutor().provideConnection(async (handle) => {
    await handle.executeQuery(write)
    return await rest(handle)
  })
}

const insertOf = (db: Kysely<CounterDatabase>, id: number): CompiledQuery =>
  db.insertInto('counter').values({ id, value: 0 }).compile()

const CHANGES = CompiledQuery.raw('select changes() as changes, last_insert_rowid() as id')

const several = (places: readonly Place[]): readonly Place[] => places.filter(({ single }) => !single)

describe.each(PLACES_FOR_MANY)('%s', (place) => {
  test.skipIf(threads > 0)(
    'reads and writes that are sent at once run in the order in which they were sent',
    async () => {
      const { db, dialect } = open<CounterDatabase>(place.config())
      await createCounters(db, 2)
      await add(db)
      await valueOf(db)
      const numbers = Array.from({ length: 30 }, (_, n) => n)
      const answers = await Promise.all(numbers.map((n) => (n % 3 === 0 ? add(db) : valueOf(db))))
      const seen = answers.filter((_, n) => n % 3 !== 0)
      expect(seen).toEqual(numbers.filter((n) => n % 3 !== 0).map((n) => 2 + Math.floor(n / 3)))
      await untilAllReturned(dialect)
    },
  )

  test('writes come in the order in which they were sent', async () => {
    const { db } = open<CounterDatabase>(place.config())
    await createCounters(db)
    await Promise.all([add(db), valueOf(db)])
    await sql`create table sent (place integer primary key, n integer)`.execute(db)
    const write = (n: number): Promise<unknown> => sql`insert into sent (n) values (${n})`.execute(db)
    await write(-1)
    const sent: Promise<unknown>[] = []
    for (let n = 0; n < 40; n += 1) {
      sent.push(n % 4 === 3 ? valueOf(db) : write(n))
      // Some come while others wait.
      await steps(n % 5)
    }
    await Promise.all(sent)
    const { rows } = await sql<{ n: number }>`select n from sent order by place`.execute(db)
    const order = rows.map(({ n }) => n)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(order).toHaveLength(31)
  })

  test('a write that fails lets the queries behind it go on', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await createCounters(db)
    const failing = [insert(db, 1), insert(db, 1), insert(db, 1)].map(failureOf)
    const results = await Promise.all([...failing, insert(db, 2), valueOf(db), insert(db, 3)])
    expect(results.slice(0, 3)).toMatchObject([1, 2, 3].map(() => ({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' })))
    expect(await ids(db)).toEqual([1, 2, 3])
    await untilAllReturned(dialect)
  })

  test.skipIf(place.poolclass === 'NullPool')(
    'a query whose handle is released while it waits is refused, and holds nobody up',
    async () => {
      const { db, dialect } = open<CounterDatabase>(place.config())
      await createCounters(db)
      await Promise.all([add(db), valueOf(db)])
      const query = insertOf(db, 2)
      let left: Promise<unknown> | undefined
      const leaving = (): Promise<void> =>
        db.getExecutor().provideConnection(async (handle) => {
          left = failureOf(handle.executeQuery(query))
        })
      const writing = add(db)
      await Promise.all([writing, leaving(), add(db), valueOf(db), insert(db, 3)])
      expect(await left).toBeInstanceOf(ReleasedError)
      expect(await ids(db)).toEqual([1, 3])
      await untilAllReturned(dialect)
    },
  )

  test('timers come in time beside writes on a handle that is kept', async () => {
    const { db } = open<CounterDatabase>(place.config())
    await createCounters(db)
    const due = AbortSignal.timeout(5)
    let writes = 0
    await keeping(db, insertOf(db, 2), async (handle) => {
      const update = CompiledQuery.raw('update counter set value = value + 1')
      for (; !due.aborted && writes < 1e6; writes += 1) await handle.executeQuery(update)
    })
    expect(due.aborted).toBe(true)
    expect(await valueOf(db, 2)).toBe(writes)
  })

  test('timers come in time beside writes that follow each other without a pause', async () => {
    const { db } = open<CounterDatabase>(place.config())
    await createCounters(db)
    const due = AbortSignal.timeout(5)
    const task = async (): Promise<void> => {
      for (let n = 0; !due.aborted && n < 1e6; n += 1) await add(db)
    }
    await Promise.all([task(), task(), task()])
    expect(due.aborted).toBe(true)
  })
})

describe.each(several(PLACES_FOR_LONG))('%s', (place) => {
  test('a handle that is kept behind its write holds nobody up, and finds its own changes', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await createCounters(db, 3)
    await keeping(db, insertOf(db, 10), async (handle) => {
      await Promise.all([insert(db, 20), valueOf(db), add(db), insert(db, 30), valueOf(db), insert(db, 40)])
      expect(await ids(db)).toEqual([1, 2, 3, 10, 20, 30, 40])
      const { rows } = await handle.executeQuery<{ changes: number; id: number }>(CHANGES)
      expect(rows).toEqual([{ changes: 1, id: 10 }])
      expect(dialect.pool.status().checkedOut).toBe(1)
    })
    await untilAllReturned(dialect)
  })
})

/** Over threads, several queries run at the same time. */
describe
  .skipIf(threads > 0)
  .each(several(PLACES_FOR_LONG).filter(({ poolclass }) => poolclass !== 'NullPool'))('%s', (place) => {
  test('queries that come while Kysely releases a write run on the same connection', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await createCounters(db, 3)
    await add(db)
    await valueOf(db)
    const { opened } = dialect.pool.status()
    const task = async (first: number): Promise<void> => {
      for (let n = first; n < first + 20; n += 1) await (n % 3 === 0 ? add(db) : valueOf(db))
    }
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(task))
    expect(dialect.pool.status()).toMatchObject({ opened, checkedOut: 0 })
  })
})

test.skipIf(threads > 0)('a pool of one does not let queries wait in its line behind a write', async () => {
  const place = PLACES_FOR_MANY.find(({ single }) => single)
  if (place === undefined) return
  const { db, dialect } = open<CounterDatabase>(place.config())
  await createCounters(db)
  await add(db)
  await valueOf(db)
  let most = 0
  const task = async (first: number): Promise<void> => {
    for (let n = first; n < first + 20; n += 1) {
      const query = n % 3 === 0 ? add(db) : valueOf(db)
      for (let step = 0; step < 6; step += 1) {
        most = Math.max(most, dialect.pool.status().waiting)
        await undefined
      }
      await query
    }
  }
  await Promise.all([0, 1, 2, 3].map(task))
  expect(most).toBe(0)
})

type Task =
  | { kind: 'write' | 'read' | 'stream' | 'transaction' | 'failure'; steps: number }
  | { kind: 'kept handle'; steps: number; queries: number }

const someSteps = fc.nat(12)
const task: fc.Arbitrary<Task> = fc.oneof(
  fc.record({ kind: fc.constantFrom('write', 'read', 'stream', 'transaction', 'failure'), steps: someSteps }),
  fc.record({ kind: fc.constant('kept handle' as const), steps: someSteps, queries: fc.nat(4) }),
)

/** Each write adds 2 to the counter 1, and each transaction 1 twice. So an odd number shows half of one. */
class Mix {
  readonly #db: Kysely<CounterDatabase>
  readonly #single: boolean
  #inserted = 1
  sum = 0

  constructor(db: Kysely<CounterDatabase>, single: boolean) {
    this.#db = db
    this.#single = single
  }

  async run(tasks: readonly Task[]): Promise<void> {
    let seen = 0
    for (const each of tasks) {
      await steps(each.steps)
      await this.#run(each)
      const value = await valueOf(this.#db)
      if (value % 2 !== 0 || value < seen) throw new Error(`read ${value} behind ${seen}`)
      seen = value
    }
  }

  async #run(each: Task): Promise<void> {
    const db = this.#db
    if (each.kind === 'write') {
      await Promise.all([this.#add(db, 2), valueOf(db), this.#add(db, 2)])
    } else if (each.kind === 'stream') {
      const values = await rowsOf(db.selectFrom('counter').select('value').where('id', '=', 1).stream())
      if (values.length !== 1 || values[0]!.value % 2 !== 0) throw new Error(`read ${JSON.stringify(values)}`)
    } else if (each.kind === 'transaction') {
      await db.transaction().execute(async (trx) => {
        await this.#add(trx, 1)
        await steps(each.steps)
        await this.#add(trx, 1)
      })
    } else if (each.kind === 'failure') {
      await failureOf(insert(db, 1))
    } else if (each.kind === 'kept handle') {
      await this.#keep(each.steps, each.queries)
    }
  }

  async #keep(count: number, queries: number): Promise<void> {
    const id = (this.#inserted += 1)
    await keeping(this.#db, insertOf(this.#db, id), async (handle) => {
      await steps(count)
      // On a pool of one they would wait for the handle.
      for (let n = 0; !this.#single && n < queries; n += 1) await this.#add(this.#db, 2)
      const { rows } = await handle.executeQuery<{ changes: number; id: number }>(CHANGES)
      if (rows[0]?.changes !== 1 || rows[0].id !== id) throw new Error(`${id}: ${JSON.stringify(rows)}`)
    })
  }

  async #add(db: Kysely<CounterDatabase>, amount: number): Promise<void> {
    await db
      .updateTable('counter')
      .set((set) => ({ value: set('value', '+', amount) }))
      .where('id', '=', 1)
      .execute()
    this.sum += amount
  }
}

test.each(PLACES_FOR_LONG.filter(({ poolclass }) => poolclass !== 'AssertionPool'))(
  '%s: no mix of queries, kept handles, transactions and streams shows half of a transaction or the changes of another',
  async (place) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(task, { maxLength: 5 }), { minLength: 2, maxLength: 6 }),
        async (tasks) => {
          const { db, dialect } = open<CounterDatabase>(place.config())
          await createCounters(db)
          const mix = new Mix(db, place.single)
          await Promise.all(tasks.map((each) => mix.run(each)))
          expect(await valueOf(db)).toBe(mix.sum)
          await untilAllReturned(dialect)
          await db.destroy()
        },
      ),
      { numRuns: scaled(10) },
    )
  },
)
