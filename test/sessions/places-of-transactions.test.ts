import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as delay } from 'node:timers/promises'
import type { PooledSqliteDialect } from '@poolclass/dialect'
import type { Kysely } from 'kysely'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type CounterDatabase, createCounters, insert } from '../support/counters.ts'
import { open } from '../support/open.ts'
import { type Place, PLACES } from '../support/places.ts'

/** As many frames as Node.js shows by itself. Vitest shows more. */
const USUAL = 10

function limitFrames(count: number): void {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = count
  onTestFinished(() => void (Error.stackTraceLimit = before))
}

beforeEach(() => limitFrames(USUAL))

type Beginner = (db: Kysely<CounterDatabase>, inside: () => unknown) => Promise<void>

/** The ways to begin a transaction. The place of each is in `theBeginner`. There are more frames of Kysely's around the last one. */
const WAYS: readonly [way: string, begin: Beginner][] = [
  [
    'db.transaction()',
    async function theBeginner(db, inside) {
      await db.transaction().execute(async () => inside())
    },
  ],
  [
    'a read-only transaction',
    async function theBeginner(db, inside) {
      const transaction = db.transaction().setAccessMode('read only')
      await transaction.execute(async () => inside())
    },
  ],
  [
    'db.startTransaction()',
    async function theBeginner(db, inside) {
      const trx = await db.startTransaction().execute()
      inside()
      await trx.rollback().execute()
    },
  ],
  [
    'a transaction of db.connection()',
    async (db, inside) => {
      await db.connection().execute(async function theBeginner(connection) {
        await insert(connection, 2)
        await connection.transaction().execute(async () => inside())
      })
    },
  ],
]

/** The place of what holds the only connection that is lent. */
function placeOfHolder(dialect: PooledSqliteDialect): string | undefined {
  const lent = dialect.pool.lent()
  expect(lent).toHaveLength(1)
  return lent[0]!.holder?.stack
}

const PLACE = /a transaction, begun here:[^]*theBeginner/

async function database(place: Place): Promise<ReturnType<typeof open<CounterDatabase>>> {
  const opened = open<CounterDatabase>(place.config())
  await createCounters(opened.db)
  return opened
}

describe.each(PLACES)('%s', (place) => {
  test.each(WAYS)('the first step inside %s knows where it began', async (_, begin) => {
    const { db, dialect } = await database(place)
    let seen: string | undefined
    await begin(db, () => (seen = placeOfHolder(dialect)))
    expect(seen).toMatch(PLACE)
  })

  test.each(WAYS.slice(0, -1))(
    '%s shows its caller, too, when it begins behind a timer',
    async (_, begin) => {
      const { db, dialect } = await database(place)
      let seen: string | undefined
      async function theCaller(): Promise<void> {
        await delay(1)
        await begin(db, () => (seen = placeOfHolder(dialect)))
      }
      await theCaller()
      expect(seen).toMatch(/theBeginner[^]*theCaller/)
    },
  )

  test.each(WAYS)('%s shows where it began with a stack trace limit of 1', async (_, begin) => {
    limitFrames(1)
    const { db, dialect } = await database(place)
    let seen: string | undefined
    await begin(db, () => (seen = placeOfHolder(dialect)))
    expect(seen).toMatch(PLACE)
    expect(Error.stackTraceLimit).toBe(1)
  })

  test.each(WAYS)("Kysely's log knows where %s began, as soon as it has begun", async (_, begin) => {
    const seen: (string | undefined)[] = []
    const { db, dialect } = open<CounterDatabase>(place.config(), {
      log: ({ query }) => void (query.sql.startsWith('begin') && seen.push(placeOfHolder(dialect))),
    })
    await createCounters(db)
    await begin(db, () => {})
    expect(seen).toEqual([expect.stringMatching(PLACE)])
  })

  test.each(WAYS)(
    'a listener of the queries sees no transaction of %s without its place',
    async (_, begin) => {
      const { db, dialect } = await database(place)
      const seen: (string | undefined)[] = []
      const look = (): void => {
        const isBegun = dialect.pool.lent().some(({ connection }) => connection?.inTransaction === true)
        if (isBegun) seen.push(placeOfHolder(dialect))
      }
      for (const event of ['end', 'asyncEnd']) {
        const name = `tracing:poolclass:query:${event}`
        subscribe(name, look)
        onTestFinished(() => void unsubscribe(name, look))
      }
      await begin(db, () => {})
      expect(seen).not.toEqual([])
      for (const stack of seen) expect(stack).toMatch(PLACE)
    },
  )
})

/** Checks out again and again, until the pool refuses. */
async function firstRefusal(dialect: PooledSqliteDialect): Promise<unknown> {
  for (let step = 0; step < 1000; step += 1) {
    try {
      const pooled = await dialect.pool.connect()
      await pooled.close()
    } catch (error) {
      return error
    }
  }
  return undefined
}

/** Those that refuse a second checkout at once. */
const IMPATIENT = PLACES.filter(({ poolclass }) => !['NullPool', 'GenericPool'].includes(poolclass))

describe.each(IMPATIENT)('%s that does not wait for a connection', (place) => {
  test('names the place of a transaction in the very step in which it begins', async () => {
    const more = place.poolclass === 'AssertionPool' ? {} : { poolTimeout: 0 }
    const sizes = place.poolclass === 'QueuePool' ? { poolSize: 1, maxOverflow: 0 } : {}
    const { db, dialect } = open<CounterDatabase>({ ...place.config(), ...more, ...sizes })
    await createCounters(db)
    async function theBeginner(): Promise<void> {
      await db.transaction().execute(() => delay(1))
    }
    const transaction = theBeginner()
    const refusal = await firstRefusal(dialect)
    await transaction
    expect(refusal).toMatchObject({ message: expect.stringMatching(/theBeginner/) })
  })
})
