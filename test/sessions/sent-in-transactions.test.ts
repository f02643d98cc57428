import { ReleasedError } from '@poolclass/dialect'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import type { Kysely, LogConfig } from 'kysely'
import { describe, expect, test } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  ids,
  insert,
  rowsOf,
  untilAllReturned,
} from '../support/counters.ts'
import { isQuickRun } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { PLACES_FOR_LONG } from '../support/places.ts'
import { skips } from '../support/skips.ts'
import { run } from '../support/statements.ts'

/* Kysely holds back what is sent in a transaction at once, and sends it one after the other: also behind its end. */

type Outcome = 'done' | 'refused' | 'failed'

/** What becomes of a statement that nobody awaits yet. Some are refused by Kysely itself. */
function outcomeOf(statement: Promise<unknown>): Promise<Outcome> {
  return statement.then(
    () => 'done',
    (error: unknown) =>
      error instanceof ReleasedError || String(error).startsWith('Error: Transaction is already')
        ? 'refused'
        : 'failed',
  )
}

/** The ids of those inserts that were carried out. */
async function carriedOut(late: readonly Promise<Outcome>[]): Promise<number[]> {
  const outcomes = await Promise.all(late)
  return outcomes.flatMap((outcome, n) => (outcome === 'done' ? [100 + n] : []))
}

/** Sends inserts of 100, 101, …, and waits for none of them. */
function sendAll(trx: Kysely<CounterDatabase>): Promise<Outcome>[] {
  return Array.from({ length: 5 }, (_, n) => outcomeOf(insert(trx, 100 + n)))
}

function removeAll(db: Kysely<CounterDatabase>): Promise<unknown> {
  return db.deleteFrom('counter').where('id', '>=', 100).execute()
}

/** Logging takes steps between one statement and the next, or time. */
const LOGS = {
  'without a log': { log: undefined, moments: [...Array(24).keys()] },
  'with a log': { log: () => {}, moments: [0, 1, 2, 3, 5, 8, 13, 21, 34] },
  'with a log that takes time': { log: () => delay(1), moments: [0, 2, 8, 20] },
}

const KINDS_OF_LOG = Object.entries(LOGS).slice(0, isQuickRun ? 2 : 3)

/** When a transaction ends, in microtasks. */
async function microtasks(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await Promise.resolve()
}

const reason = new Error('changed my mind')

describe.each(PLACES_FOR_LONG)('%s', (place) => {
  /** A database, and the inserts that ran outside of a transaction on its connections from now on. */
  async function database(
    log?: LogConfig,
  ): Promise<ReturnType<typeof open<CounterDatabase>> & { alone: string[] }> {
    const opened = open<CounterDatabase>(place.config(), log && { log })
    const alone: string[] = []
    opened.dialect.pool.on('connect', (connection) => {
      const execute = connection.execute.bind(connection)
      connection.execute = (text, ...rest) => {
        if (text.startsWith('insert') && !connection.inTransaction) alone.push(text)
        return execute(text, ...rest)
      }
    })
    await createCounters(opened.db)
    alone.length = 0
    return { ...opened, alone }
  }

  describe.each(KINDS_OF_LOG)('%s', (kindOfLog, { log, moments }) => {
    test('a transaction that fails saves nothing of what was sent in it', async () => {
      const { db, dialect, alone } = await database(log)
      for (const failing of [0, 1, 2, 3]) {
        let late: Promise<Outcome>[] = []
        const transaction = db.transaction().execute(async (trx) => {
          const sent = [0, 1, 2, 3, 4].map((n) => insert(trx, n === failing ? 1 : 100 + n))
          late = sent.map(outcomeOf)
          await Promise.all(sent)
        })
        await expect(transaction).rejects.toThrow('UNIQUE constraint failed')
        expect(await ids(db)).toEqual([1])
        expect(await Promise.all(late)).toContain('failed')
        expect(await ids(db)).toEqual([1])
        await untilAllReturned(dialect)
      }
      expect(alone).toEqual([])
    })

    test('a transaction that fails at any moment saves nothing of what was sent in it', async () => {
      const { db, dialect, alone } = await database(log)
      for (const moment of moments) {
        let late: Promise<Outcome>[] = []
        const transaction = db.transaction().execute(async (trx) => {
          late = sendAll(trx)
          await microtasks(moment)
          throw reason
        })
        await expect(transaction).rejects.toBe(reason)
        await Promise.all(late)
        expect(await ids(db)).toEqual([1])
        await untilAllReturned(dialect)
      }
      expect(alone).toEqual([])
    })

    test('what was sent in a transaction and not awaited is committed with it or refused, and never saved by itself', async () => {
      const { db, dialect, alone } = await database(log)
      for (const moment of moments) {
        let late: Promise<Outcome>[] = []
        await db.transaction().execute(async (trx) => {
          late = sendAll(trx)
          await microtasks(moment)
        })
        expect(await Promise.all(late)).not.toContain('failed')
        expect(await ids(db)).toEqual([1, ...(await carriedOut(late))])
        await removeAll(db)
        await untilAllReturned(dialect)
      }
      expect(alone).toEqual([])
    })

    // Kysely 0.28 does not refuse itself what comes late, and a log that takes time keeps it back for any time.
    test
      .skipIf(skips.inOldestKysely && kindOfLog === 'with a log that takes time')
      .each(['fails', 'commits'])(
      'db.connection() goes on behind a transaction that %s, without what was sent in that',
      async (end) => {
        const { db, dialect, alone } = await database(log)
        const settled = (transaction: Promise<void>): Promise<void> =>
          end === 'fails' ? failsWith(reason, transaction) : transaction
        for (const moment of moments) {
          let late: Promise<Outcome>[] = []
          await db.connection().execute(async (connection) => {
            const transaction = (): Promise<void> =>
              connection.transaction().execute(async (trx) => {
                late = sendAll(trx)
                await microtasks(moment)
                if (end === 'fails') throw reason
              })
            const first = transaction()
            // It waits in Kysely's line, behind the transaction and not in it.
            const behind = run(connection, 'update counter set value = value + 1 where id = 1')
            await settled(first)
            await behind
            expect(await ids(connection)).toEqual([1, ...(end === 'fails' ? [] : await carriedOut(late))])
            await removeAll(connection)
            await settled(transaction())
            expect(await ids(connection)).toEqual([1, ...(end === 'fails' ? [] : await carriedOut(late))])
            await removeAll(connection)
          })
          await Promise.all(late)
          expect(await ids(db)).toEqual([1])
          await untilAllReturned(dialect)
        }
        expect(await run(db, 'select value from counter')).toEqual([{ value: moments.length }])
        expect(alone).toEqual([])
      },
    )

    test('a controlled transaction that is rolled back saves nothing of what was sent in it', async () => {
      const { db, dialect, alone } = await database(log)
      for (const moment of moments) {
        const trx = await db.startTransaction().execute()
        const late = sendAll(trx)
        await microtasks(moment)
        await trx.rollback().execute()
        await Promise.all(late)
        expect(await ids(db)).toEqual([1])
        await untilAllReturned(dialect)
      }
      expect(alone).toEqual([])
    })

    test('a controlled transaction commits what was sent in it, or refuses it', async () => {
      const { db, dialect, alone } = await database(log)
      for (const moment of moments) {
        const trx = await db.startTransaction().execute()
        const late = sendAll(trx)
        await microtasks(moment)
        await trx.commit().execute()
        expect(await ids(db)).toEqual([1, ...(await carriedOut(late))])
        await removeAll(db)
        await untilAllReturned(dialect)
      }
      expect(alone).toEqual([])
    })

    test('a transaction that SQLite itself has rolled back saves nothing of what was sent in it', async () => {
      const { db, dialect, alone } = await database(log)
      for (const moment of moments) {
        let late: Promise<Outcome>[] = []
        const transaction = db.transaction().execute(async (trx) => {
          const lost = run(trx, 'insert or rollback into counter values (1, 0)')
          late = sendAll(trx)
          await microtasks(moment)
          await lost
        })
        await expect(transaction).rejects.toThrow('UNIQUE constraint failed')
        await Promise.all(late)
        expect(await ids(db)).toEqual([1])
        await untilAllReturned(dialect)
      }
      expect(alone).toEqual([])
    })

    test('a transaction that fails saves nothing of what was sent behind a stream in it', async () => {
      const { db, dialect, alone } = await database(log)
      for (const moment of moments) {
        let late: Promise<Outcome>[] = []
        const transaction = db.transaction().execute(async (trx) => {
          const rows = rowsOf(trx.selectFrom('counter').selectAll().stream(1))
          late = [...sendAll(trx), outcomeOf(rowsOf(writingStream(trx))), outcomeOf(rows)]
          await microtasks(moment)
          throw reason
        })
        await expect(transaction).rejects.toBe(reason)
        await Promise.allSettled(late)
        expect(await ids(db)).toEqual([1])
        await untilAllReturned(dialect)
      }
      expect(alone).toEqual([])
    })
  })

  // Kysely 0.28 has no signals.
  test.skipIf(skips.inOldestKysely).each(['fails', 'commits'])(
    'db.connection() goes on behind a transaction that %s, without what was sent in that with a signal, aborted or not',
    async (end) => {
      const { db, dialect, alone } = await database()
      // Two queries with a signal are 13 steps apart, or 22 where the second is aborted while it waits.
      for (let moment = 0; moment < 35; moment += 1) {
        const late: Promise<Outcome>[] = []
        await db.connection().execute(async (connection) => {
          const transaction = connection.transaction().execute(async (trx) => {
            for (let n = 0; n < 5; n += 1) {
              late.push(outcomeOf(insertAbortably(trx, 100 + n, moment % 2 === 1 && n % 2 === 1)))
            }
            await microtasks(moment)
            if (end === 'fails') throw reason
          })
          await (end === 'fails' ? failsWith(reason, transaction) : transaction)
          // All that comes too late.
          await nextTurn()
          expect(await ids(connection)).toEqual([1, ...(end === 'fails' ? [] : await carriedOut(late))])
          await removeAll(connection)
        })
        await Promise.all(late)
        expect(await ids(db)).toEqual([1])
        await untilAllReturned(dialect)
      }
      expect(alone).toEqual([])
    },
  )

  // Kysely 0.29 lets a rollback to a savepoint overtake what was sent before, which then comes like what is sent later.
  test.skipIf(skips.inNewerKysely)(
    'a rollback to a savepoint leaves nothing of what was sent behind the savepoint',
    async () => {
      const { db, dialect } = open<CounterDatabase>(place.config())
      await createCounters(db)
      for (const moment of LOGS['without a log'].moments) {
        const trx = await db.startTransaction().execute()
        const inner = await trx.savepoint('inner').execute()
        const late = sendAll(inner)
        await microtasks(moment)
        const outer = await inner.rollbackToSavepoint('inner').execute()
        expect(await ids(outer)).toEqual([1])
        await insert(outer, 2)
        await outer.commit().execute()
        await Promise.all(late)
        expect(await ids(db)).toEqual([1, 2])
        await db.deleteFrom('counter').where('id', '=', 2).execute()
        await untilAllReturned(dialect)
      }
    },
  )

  test('what comes too late for its transaction is told so', async () => {
    const { db } = open<CounterDatabase>(place.config())
    await createCounters(db)
    let late: Promise<unknown>[] = []
    const transaction = db.transaction().execute(async (trx) => {
      const sent = Array.from({ length: 20 }, (_, n) => insert(trx, n === 0 ? 1 : 100 + n))
      late = sent.map((statement) => statement.catch((error: unknown) => error))
      await Promise.all(sent)
    })
    await expect(transaction).rejects.toThrow('UNIQUE constraint failed')
    expect(await Promise.all(late)).toContainEqual(
      expect.objectContaining({
        code: 'POOLCLASS_RELEASED',
        message: expect.stringMatching(
          /^This query did not run, because .*rolled back.* Await every query inside/,
        ),
      }),
    )
  })
})

/** @param isAborted While it waits in Kysely's line, from which it never comes to the driver. */
function insertAbortably(trx: Kysely<CounterDatabase>, id: number, isAborted: boolean): Promise<unknown> {
  const aborting = new AbortController()
  const sent = trx.insertInto('counter').values({ id, value: 0 }).execute({ signal: aborting.signal })
  if (isAborted) aborting.abort(reason)
  return sent
}

async function failsWith(expected: Error, transaction: Promise<void>): Promise<void> {
  await expect(transaction).rejects.toBe(expected)
}

function writingStream(trx: Kysely<CounterDatabase>): AsyncIterable<unknown> {
  return trx.insertInto('counter').values({ id: 200, value: 0 }).returning('id').stream(1)
}
