import { type PooledSqliteDialect, ReleasedError } from '@poolclass/dialect'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ControlledTransaction, Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { type CounterDatabase, createCounters, ids, insert, untilAllReturned } from '../support/counters.ts'
import { open } from '../support/open.ts'
import { isLocked, RawLock } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/* A transaction that nobody awaits, on a connection whose callback ends. */

async function microtasks(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await Promise.resolve()
}

/** Sends a statement, and then the command, whatever becomes of the statement. */
async function insertAnd(trx: Kysely<CounterDatabase>, command: () => Promise<unknown>): Promise<void> {
  try {
    await insert(trx, 2)
  } finally {
    await command()
  }
}

type Outcome = 'done' | 'released'

function outcomeOf(late: Promise<unknown>): Promise<Outcome> {
  return late.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof ReleasedError) return 'released'
      throw error
    },
  )
}

const COMMANDS: Record<string, (trx: ControlledTransaction<CounterDatabase>) => Promise<unknown>> = {
  'commit()': (trx) => insertAnd(trx, () => trx.commit().execute()),
  'rollback()': (trx) => insertAnd(trx, () => trx.rollback().execute()),
  'rollbackToSavepoint()': async (trx) => {
    const saved = await trx.savepoint('here').execute()
    await insertAnd(saved, () => saved.rollbackToSavepoint('here').execute())
    await trx.commit().execute()
  },
}

const MOMENTS = [...Array(24).keys()]

async function expectNothingLeftOpen({ pool }: PooledSqliteDialect): Promise<void> {
  const checkout = await pool.connect()
  expect(checkout.connection.inTransaction).toBe(false)
  await checkout.close()
}

const POOLS = (['QueuePool', 'StaticPool', 'NullPool'] as const).flatMap((poolclass) =>
  (['rollback', null] as const).map((poolResetOnReturn) => ({ poolclass, poolResetOnReturn })),
)

describe.each(POOLS)('on a $poolclass, with poolResetOnReturn $poolResetOnReturn', (pool) => {
  async function database(): Promise<ReturnType<typeof open<CounterDatabase>> & { url: string }> {
    const url = join(temporaryDirectory(), 'app.db')
    const opened = open<CounterDatabase>({
      url,
      ...pool,
      pragmas: { journal_mode: 'delete', synchronous: 'off' },
    })
    await createCounters(opened.db)
    return { ...opened, url }
  }

  test('a transaction that nobody awaited is committed as a whole or refused when its connection is released', async () => {
    const { db, dialect } = await database()
    for (const moment of MOMENTS) {
      let late: Promise<Outcome> | undefined
      await db.connection().execute(async (connection) => {
        late = outcomeOf(
          connection.transaction().execute(async (trx) => {
            await insert(trx, 2)
            await insert(trx, 3)
          }),
        )
        await microtasks(moment)
      })
      expect(await ids(db)).toEqual((await late) === 'done' ? [1, 2, 3] : [1])
      await db.deleteFrom('counter').where('id', '>', 1).execute()
      await untilAllReturned(dialect)
      await expectNothingLeftOpen(dialect)
    }
  })

  test.each(Object.entries(COMMANDS))(
    '%s is refused at once when its connection was released',
    async (name, run) => {
      const { db, dialect, url } = await database()
      for (const moment of MOMENTS) {
        let late: Promise<Outcome> | undefined
        await db.connection().execute(async (connection) => {
          const trx = await connection.startTransaction().execute()
          late = outcomeOf(run(trx))
          await microtasks(moment)
        })
        const outcome = await late
        expect(await ids(db)).toEqual(name === 'commit()' && outcome === 'done' ? [1, 2] : [1])
        expect(isLocked(url)).toBe(false)
        await db.deleteFrom('counter').where('id', '>', 1).execute()
        await untilAllReturned(dialect)
        await expectNothingLeftOpen(dialect)
      }
    },
  )

  test('a commit that waits for a reader is refused at once when its connection is released', async () => {
    const { db, dialect, url } = await database()
    const reader = new RawLock(url, 'begin; select * from counter')
    let late: Promise<Outcome> | undefined
    const outer = db.connection().execute(async (connection) => {
      late = outcomeOf(connection.transaction().execute((trx) => insert(trx, 2)))
      await delay(50)
      throw new Error('changed my mind')
    })
    await expect(outer).rejects.toThrow('changed my mind')
    expect(await late).toBe('released')
    reader.release()
    expect(await ids(db)).toEqual([1])
    expect(isLocked(url)).toBe(false)
    await untilAllReturned(dialect)
  })

  test('an error in a callback that nobody awaited comes out when its connection was released', async () => {
    const { db, dialect } = await database()
    const reason = new Error('changed my mind')
    let late: Promise<unknown> | undefined
    await db.connection().execute(async (connection) => {
      const begun = Promise.withResolvers<void>()
      const transaction = connection.transaction().execute(async (trx) => {
        const inserted = outcomeOf(insert(trx, 2))
        begun.resolve()
        await inserted
        throw reason
      })
      late = transaction.catch((error: unknown) => error)
      await begun.promise
    })
    expect(await late).toBe(reason)
    expect(await ids(db)).toEqual([1])
    await untilAllReturned(dialect)
  })

  test('a read-only transaction that nobody awaited leaves a connection that can write', async () => {
    const { db, dialect } = await database()
    for (const moment of MOMENTS) {
      let late: Promise<Outcome> | undefined
      await db.connection().execute(async (connection) => {
        late = outcomeOf(
          connection
            .transaction()
            .setAccessMode('read only')
            .execute((trx) => trx.selectFrom('counter').selectAll().execute()),
        )
        await microtasks(moment)
      })
      await insert(db, 2)
      await late
      expect(await ids(db)).toEqual([1, 2])
      await db.deleteFrom('counter').where('id', '=', 2).execute()
      await untilAllReturned(dialect)
      await expectNothingLeftOpen(dialect)
    }
  })
})
