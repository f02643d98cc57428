import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PoolAssertionError, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import * as fc from 'fast-check'
import type { Kysely } from 'kysely'
import { beforeEach, expect, test, vi } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  untilAllReturned,
  valueOf,
  rowsOf,
} from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { scaled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { isLocked } from '../support/raw-lock.ts'
import { silentConsole } from '../support/silent-console.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** The counters 1 to `ACCOUNTS` are accounts, whose sum never changes; the next one counts the increments. */
const ACCOUNTS = 4
const TALLY = ACCOUNTS + 1

type Ending = 'commit' | 'rollback' | 'failing statement'

type Task =
  | { kind: 'transfer'; from: number; to: number; amount: number; ending: Ending; pause: number }
  | { kind: 'increment' | 'failing statement' | 'read' | 'several statements' }
  | { kind: 'stream'; chunkSize: number; leaveAfter: number; pause: number }
  | { kind: 'aborted increment' | 'aborted read' | 'aborted stream'; after: number }

const account = fc.integer({ min: 1, max: ACCOUNTS })
const milliseconds = fc.integer({ min: 0, max: 3 })
const task: fc.Arbitrary<Task> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('transfer' as const),
      from: account,
      to: account,
      amount: fc.integer({ min: 1, max: 100 }),
      ending: fc.constantFrom<Ending>('commit', 'commit', 'rollback', 'failing statement'),
      pause: milliseconds,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('increment' as const, 'failing statement', 'read', 'several statements'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('stream' as const),
      chunkSize: fc.integer({ min: 1, max: 3 }),
      leaveAfter: fc.integer({ min: 1, max: 8 }),
      pause: milliseconds,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('aborted increment' as const, 'aborted read', 'aborted stream'),
      after: milliseconds,
    }),
  },
)

class Rollback extends Error {}

/** Runs tasks and keeps account of what the database must look like afterwards. */
class Model {
  readonly #db: Kysely<CounterDatabase>
  /** How many increments have been reported as done, and how many may have been. */
  done = 0
  perhaps = 0

  constructor(db: Kysely<CounterDatabase>) {
    this.#db = db
  }

  async run(given: Task): Promise<void> {
    switch (given.kind) {
      case 'transfer':
        return this.#transfer(given)
      case 'increment':
        await this.#increment()
        this.done += 1
        return
      case 'failing statement':
        return expectConstraint(this.#fail(this.#db))
      case 'read':
        return this.#read()
      case 'several statements':
        return this.#db.connection().execute(async (connection) => {
          await valueOf(connection, TALLY)
          await this.#increment(connection)
          this.done += 1
        })
      case 'stream':
        return this.#stream(given)
      default:
        return this.#aborted(given.kind, AbortSignal.timeout(given.after))
    }
  }

  async #transfer({ from, to, amount, ending, pause }: Extract<Task, { kind: 'transfer' }>): Promise<void> {
    const transaction = this.#db.transaction().execute(async (trx) => {
      const before = await valueOf(trx, from)
      await set(trx, from, before - amount)
      await delay(pause)
      await set(trx, to, (await valueOf(trx, to)) + amount)
      if (ending === 'rollback') throw new Rollback()
      if (ending === 'failing statement') await this.#fail(trx)
    })
    if (ending === 'commit') await transaction
    else if (ending === 'rollback') await expectFailure(transaction, (failure) => failure instanceof Rollback)
    else await expectConstraint(transaction)
  }

  async #increment(db: Kysely<CounterDatabase> = this.#db, signal?: AbortSignal): Promise<void> {
    await db
      .updateTable('counter')
      .set(({ eb }) => ({ value: eb('value', '+', 1) }))
      .where('id', '=', TALLY)
      .execute({ signal })
  }

  #fail(db: Kysely<CounterDatabase>): Promise<unknown> {
    return db.insertInto('counter').values({ id: 1, value: 0 }).execute()
  }

  async #read(signal?: AbortSignal): Promise<void> {
    const accounts = this.#db.selectFrom('counter').select('value').where('id', '<=', ACCOUNTS)
    checkSum(await accounts.execute({ signal }))
  }

  async #stream({ chunkSize, leaveAfter, pause }: Extract<Task, { kind: 'stream' }>): Promise<void> {
    const rows: { value: number }[] = []
    const accounts = this.#db.selectFrom('counter').select('value').where('id', '<=', ACCOUNTS)
    for await (const row of accounts.stream(chunkSize)) {
      rows.push(row)
      if (rows.length >= leaveAfter) return
      await delay(pause)
    }
    checkSum(rows)
  }

  async #aborted(kind: Extract<Task, { after: number }>['kind'], signal: AbortSignal): Promise<void> {
    try {
      if (kind === 'aborted increment') {
        this.perhaps += 1
        await this.#increment(this.#db, signal)
        this.perhaps -= 1
        this.done += 1
      } else if (kind === 'aborted read') await this.#read(signal)
      else await rowsOf(this.#db.selectFrom('counter').selectAll().stream({ chunkSize: 1, signal }))
    } catch (error) {
      if (error !== signal.reason) throw error
    }
  }
}

/** Money is neither made nor lost, at any moment. */
function checkSum(accounts: readonly { value: number }[]): void {
  if (sum(accounts) !== 0) throw new Error(`the accounts do not add up: ${JSON.stringify(accounts)}`)
}

function sum(rows: readonly { value: number }[]): number {
  return rows.reduce((total, { value }) => total + value, 0)
}

async function set(db: Kysely<CounterDatabase>, id: number, value: number): Promise<void> {
  await db.updateTable('counter').set({ value }).where('id', '=', id).execute()
}

/** Any other failure passes through. */
async function expectFailure(
  promise: Promise<unknown>,
  expected: (failure: unknown) => boolean,
): Promise<void> {
  const failure = await failureOf(promise)
  if (!expected(failure)) throw failure
}

function expectConstraint(promise: Promise<unknown>): Promise<void> {
  return expectFailure(
    promise,
    (failure) => (failure as { code?: unknown }).code === 'SQLITE_CONSTRAINT_PRIMARYKEY',
  )
}

interface Setup {
  readonly name: string
  readonly config: PooledSqliteDialectConfig
  readonly file?: boolean
  /** A second borrower is refused: that alone may fail. */
  readonly asserts?: boolean
}

const FILE_POOLS = [
  { poolclass: 'NullPool' },
  { poolclass: 'QueuePool' },
  { poolclass: 'QueuePool', poolSize: 2, maxOverflow: 1 },
  { poolclass: 'QueuePool', poolSize: 1, maxOverflow: 0 },
  { poolclass: 'StaticPool' },
  { poolclass: 'SingletonThreadPool' },
  { poolclass: 'AssertionPool' },
] as const satisfies readonly Omit<PooledSqliteDialectConfig, 'url'>[]

const SETUPS: readonly Setup[] = [
  ...FILE_POOLS.flatMap((pool) =>
    ['wal', 'delete'].map((journal_mode) => ({
      name: `${JSON.stringify(pool)} in journal mode ${journal_mode}`,
      config: { url: 'app.db', ...pool, pragmas: { journal_mode, synchronous: 'off' } },
      file: true,
      asserts: pool.poolclass === 'AssertionPool',
    })),
  ),
  ...(['NullPool', 'QueuePool', 'StaticPool'] as const).map((poolclass) => ({
    name: `${poolclass} on shared memory`,
    config: { url: `file:mix-${poolclass}?mode=memory&cache=shared`, poolclass },
  })),
  ...(['StaticPool', 'SingletonThreadPool'] as const).map((poolclass) => ({
    name: `${poolclass} on private memory`,
    config: { url: ':memory:', poolclass },
  })),
]

beforeEach(silentConsole)

test.each(SETUPS)('any mix of tasks on $name keeps every promise', async ({ config, file, asserts }) => {
  const url = file === true ? join(temporaryDirectory(), 'app.db') : config.url
  const { db, dialect } = open<CounterDatabase>({ ...config, url, connectArgs: { timeout: 2000 } })
  await createCounters(db, TALLY)

  const property = fc.asyncProperty(
    fc.array(task, { minLength: 5, maxLength: 40, size: 'max' }),
    async (tasks) => {
      await set(db, TALLY, 0)
      const model = new Model(db)
      const outcomes = await Promise.allSettled(tasks.map((given) => model.run(given)))
      await untilAllReturned(dialect)

      const failures = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      )
      const unexpected =
        asserts === true ? failures.filter((failure) => !(failure instanceof PoolAssertionError)) : failures
      expect(unexpected).toEqual([])
      const accounts = await db.selectFrom('counter').select('value').where('id', '<=', ACCOUNTS).execute()
      expect(sum(accounts)).toBe(0)
      const tally = await valueOf(db, TALLY)
      expect(tally).toBeGreaterThanOrEqual(model.done)
      expect(tally).toBeLessThanOrEqual(model.done + model.perhaps)
      expect(file === true && isLocked(String(url))).toBe(false)
    },
  )
  await fc.assert(property, { seed: 20_261_120, numRuns: scaled(6), endOnFailure: true })
  if (asserts === true) forgetPrintedRefusals()
})

/** Kysely prints what an aborted query fails with, and an `AssertionPool` refuses some of them. */
function forgetPrintedRefusals(): void {
  const { calls } = vi.mocked(console.error).mock
  const others = calls.filter((call) => !String(call).includes('a second connection was requested'))
  calls.splice(0, Infinity, ...others)
}
