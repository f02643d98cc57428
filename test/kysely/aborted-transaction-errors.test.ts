import { TransactionLostError } from '@poolclass/dialect'
import { join } from 'node:path'
import { AbortedTransactionError, type Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { type CounterDatabase, createCounters, ids, insert, untilAllReturned } from '../support/counters.ts'
import { open } from '../support/open.ts'
import { isLocked } from '../support/raw-lock.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/* Kysely rolls back no transaction whose callback throws an error with its mark of an aborted one, whoever's that is. */

/** SQLite rolls the transaction back. */
async function lose(trx: Kysely<CounterDatabase>): Promise<void> {
  await expect(run(trx, 'insert or rollback into counter values (1, 0)')).rejects.toThrow('UNIQUE')
}

/** How a lost transaction tells its user. */
const WAYS_TO_BE_TOLD: Record<string, (db: Kysely<CounterDatabase>) => Promise<unknown>> = {
  'a statement': (db) =>
    db.transaction().execute(async (trx) => {
      await lose(trx)
      await insert(trx, 2)
    }),
  'the commit': (db) => db.transaction().execute(lose),
  'commit()': async (db) => {
    const trx = await db.startTransaction().execute()
    await lose(trx)
    await trx.commit().execute()
  },
}

describe.each(['QueuePool', 'StaticPool', 'NullPool'] as const)('on a %s', (poolclass) => {
  async function database(): Promise<ReturnType<typeof open<CounterDatabase>> & { url: string }> {
    const url = join(temporaryDirectory(), 'app.db')
    const opened = open<CounterDatabase>({ url, poolclass })
    await createCounters(opened.db)
    return { ...opened, url }
  }

  describe.each(Object.entries(WAYS_TO_BE_TOLD))('told by %s', (_, lostOne) => {
    test('db.connection() goes on behind a transaction that ends because one of another database was lost', async () => {
      const { db, dialect, url } = await database()
      const { db: other } = open<CounterDatabase>(':memory:')
      await createCounters(other)
      await db.connection().execute(async (connection) => {
        const transaction = connection.transaction().execute(async (trx) => {
          await insert(trx, 2)
          await lostOne(other)
        })
        await expect(transaction).rejects.toBeInstanceOf(TransactionLostError)
        expect(isLocked(url)).toBe(false)
        await insert(connection, 3)
        await connection.transaction().execute((trx) => insert(trx, 4))
      })
      expect(await ids(db)).toEqual([1, 3, 4])
      await untilAllReturned(dialect)
    })

    test('db.connection() goes on behind a transaction of its own that was lost', async () => {
      const { db, dialect } = await database()
      await db.connection().execute(async (connection) => {
        await expect(lostOne(connection)).rejects.toBeInstanceOf(TransactionLostError)
        await insert(connection, 3)
        await connection.transaction().execute((trx) => insert(trx, 4))
      })
      expect(await ids(db)).toEqual([1, 3, 4])
      await untilAllReturned(dialect)
    })
  })

  test.each(['is open', 'was lost'])(
    'a transaction begins behind one that %s when Kysely leaves it for an error of another dialect',
    async (state) => {
      const { db, dialect } = await database()
      await db.connection().execute(async (connection) => {
        const reason = new AbortedTransactionError()
        const transaction = connection.transaction().execute(async (trx) => {
          if (state === 'was lost') await lose(trx)
          else await insert(trx, 2)
          throw reason
        })
        await expect(transaction).rejects.toBe(reason)
        await connection.transaction().execute((trx) => insert(trx, 3))
        await insert(connection, 4)
      })
      expect(await ids(db)).toEqual([1, 3, 4])
      await untilAllReturned(dialect)
    },
  )
})
