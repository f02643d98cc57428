import { CompiledQuery, sql } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { scaled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { RawStream } from '../support/raw-stream.ts'
import { openServer } from '../support/open-server.ts'
import { run } from '../support/statements.ts'

interface Tables {
  account: { id: number; balance: number }
}

async function newAccounts(count = 1): Promise<LibsqlServer> {
  const server = await LibsqlServer.start()
  const { db } = openServer<Tables>(server.url)
  await run(db, 'create table account (id integer primary key, balance integer not null)')
  for (let id = 1; id <= count; id += 1) await db.insertInto('account').values({ id, balance: 0 }).execute()
  return server
}

describe.runIf(hasServer)('a transaction on a libSQL server', () => {
  test('begins with its first statement, so that an empty one asks the server nothing', async () => {
    const server = await newAccounts()
    const { db } = openServer<Tables>(server.url)
    await server.kill()
    await expect(db.transaction().execute(async () => 5)).resolves.toBe(5)
    const trx = await db.startTransaction().execute()
    await expect(trx.rollback().execute()).resolves.toBeUndefined()
  })

  test(
    'that the server has ended for another writer is lost as a whole, and so is what follows in it',
    {
      tags: 'slow',
    },
    async () => {
      const { url } = await newAccounts()
      const { db } = openServer<Tables>(url)
      const failures: Error[] = []
      const transaction = db.transaction().execute(async (trx) => {
        await trx.insertInto('account').values({ id: 2, balance: 1 }).execute()
        await new RawStream(url).run('update account set balance = 7')
        for (const id of [3, 4])
          failures.push(await failureOf(trx.insertInto('account').values({ id, balance: 1 }).execute()))
      })
      expect(await failureOf(transaction)).toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
      expect(failures).toMatchObject([
        {
          code: 'POOLCLASS_TRANSACTION_LOST',
          message: expect.stringContaining('The server has rolled back the transaction'),
        },
        { code: 'POOLCLASS_TRANSACTION_LOST' },
      ])
      expect(await db.selectFrom('account').selectAll().execute()).toEqual([{ id: 1, balance: 7 }])
      await db.insertInto('account').values({ id: 5, balance: 1 }).execute()
    },
  )

  test(
    'that the server has ended before its commit is not committed, and says so',
    { tags: 'slow' },
    async () => {
      const { url } = await newAccounts()
      const { db } = openServer<Tables>(url)
      const trx = await db.startTransaction().execute()
      await trx.insertInto('account').values({ id: 2, balance: 1 }).execute()
      await new RawStream(url).run('update account set balance = 7')
      expect(await failureOf(trx.commit().execute())).toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
      await trx.rollback().execute()
      expect(await db.selectFrom('account').selectAll().execute()).toEqual([{ id: 1, balance: 7 }])
    },
  )

  test(
    'whose stream has expired is lost, and a stream that has expired without one begins anew unseen',
    {
      tags: 'slow',
    },
    async () => {
      const { url } = await newAccounts()
      const { db } = openServer<Tables>(url, { poolSize: 1, maxOverflow: 0 })
      const expired = async (): Promise<unknown> => {
        await run(db, 'pragma foreign_keys = off')
        await run(db, 'update account set balance = 1')
        await delay(12_000)
        return run(db, 'pragma foreign_keys')
      }
      const { db: second } = openServer<Tables>(url)
      const trx = await second.startTransaction().setAccessMode('read only').execute()
      await trx.selectFrom('account').selectAll().execute()
      expect(await expired()).toEqual([{ foreign_keys: 0 }])
      expect(await failureOf(trx.selectFrom('account').selectAll().execute())).toMatchObject({
        code: 'POOLCLASS_TRANSACTION_LOST',
      })
      await trx.rollback().execute()
    },
  )

  test('is rolled back by a statement that SQLite answers with a rollback, and what follows is refused', async () => {
    const { url } = await newAccounts()
    const { db } = openServer<Tables>(url)
    const trx = await db.startTransaction().execute()
    await trx.updateTable('account').set({ balance: 5 }).execute()
    const conflict = sql`insert or rollback into account values (1, 1)`.execute(trx)
    expect(await failureOf(conflict)).toMatchObject({ code: 'SQLITE_CONSTRAINT_UNIQUE' })
    const late = trx.updateTable('account').set({ balance: 6 }).execute()
    expect(await failureOf(late)).toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
    await trx.rollback().execute()
    expect(await db.selectFrom('account').selectAll().execute()).toEqual([{ id: 1, balance: 0 }])
  })

  test('whose first statement SQLite answers with a rollback has ended, and does not begin anew', async () => {
    const { url } = await newAccounts()
    const { db } = openServer<Tables>(url)
    const transaction = db.transaction().execute(async (trx) => {
      await failureOf(sql`insert or rollback into account values (1, 1)`.execute(trx))
      await failureOf(trx.updateTable('account').set({ balance: 6 }).execute())
    })
    expect(await failureOf(transaction)).toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
    expect(await db.selectFrom('account').selectAll().execute()).toEqual([{ id: 1, balance: 0 }])
  })

  test('goes on after a statement that fails, the first one too', async () => {
    const { url } = await newAccounts()
    const { db } = openServer<Tables>(url)
    await db.transaction().execute(async (trx) => {
      expect(await failureOf(run(trx, 'selec 1'))).toMatchObject({ code: 'SQLITE_ERROR' })
      expect(await failureOf(run(trx, 'insert into account values (1, 1)'))).toMatchObject({
        code: 'SQLITE_CONSTRAINT_UNIQUE',
      })
      await trx.updateTable('account').set({ balance: 9 }).execute()
    })
    expect(await db.selectFrom('account').selectAll().execute()).toEqual([{ id: 1, balance: 9 }])
  })

  test('that waits for the lock of another process has it when that is free', async () => {
    const { url } = await newAccounts()
    const { db } = openServer<Tables>(url)
    const other = new RawStream(url)
    await other.run('begin immediate')
    await other.run('update account set balance = 1')
    const waiting = db
      .updateTable('account')
      .set((eb) => ({ balance: eb('balance', '+', 1) }))
      .execute()
    await delay(100)
    await other.run('commit')
    await waiting
    expect(await db.selectFrom('account').select('balance').execute()).toEqual([{ balance: 2 }])
  })

  test('shows its begin and its commit in the log of Kysely', async () => {
    const { url } = await newAccounts()
    const lines: string[] = []
    const { db } = openServer<Tables>(url, {}, { log: ({ query }) => void lines.push(query.sql) })
    await db.transaction().execute((trx) => trx.updateTable('account').set({ balance: 1 }).execute())
    expect(lines).toEqual(['begin immediate', expect.stringContaining('update "account"'), 'commit'])
  })

  test('leaves nothing of what others wrote between its read and its write, at 200 at once', async () => {
    const { url } = await newAccounts(3)
    const { db, dialect } = openServer<Tables>(url)
    const { db: other } = openServer<Tables>(url)
    const count = scaled(200)
    const add = (through: typeof db, id: number): Promise<void> =>
      through.transaction().execute(async (trx) => {
        const { balance } = await trx
          .selectFrom('account')
          .select('balance')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
        await trx
          .updateTable('account')
          .set({ balance: balance + 1 })
          .where('id', '=', id)
          .execute()
      })
    await Promise.all(Array.from({ length: count }, (_, i) => add(i % 2 === 0 ? db : other, (i % 3) + 1)))
    const rows = await db.selectFrom('account').select('balance').execute()
    expect(rows.reduce((sum, { balance }) => sum + balance, 0)).toBe(count)
    expect(dialect.pool.status().checkedOut).toBe(0)
  })

  test('that was left open by raw statements is rolled back when its connection is given back', async () => {
    const { url } = await newAccounts()
    const { db } = openServer<Tables>(url)
    await db.connection().execute(async (connection) => {
      await connection.executeQuery(CompiledQuery.raw('begin'))
      await connection.executeQuery(CompiledQuery.raw('update account set balance = 3'))
    })
    expect(await db.selectFrom('account').select('balance').execute()).toEqual([{ balance: 0 }])
  })

  test('and its connection know what was inserted last', async () => {
    const { url } = await newAccounts()
    const { db } = openServer<Tables>(url)
    await db.connection().execute(async (connection) => {
      await connection.executeQuery(CompiledQuery.raw('insert into account values (41, 0)'))
      expect(await run(connection, 'select last_insert_rowid() as id, changes() as n')).toEqual([
        { id: 41, n: 1 },
      ])
    })
  })

  test('closes its streams with the database, so that a hundred databases leave none behind', async () => {
    const { url } = await newAccounts()
    for (let i = 0; i < scaled(100); i += 1) {
      const { db } = openServer<Tables>(url)
      await Promise.all([1, 2, 3].map(() => db.updateTable('account').set({ balance: i }).execute()))
      await db.destroy()
    }
    const { db } = openServer<Tables>(url)
    expect(await db.selectFrom('account').select('id').execute()).toEqual([{ id: 1 }])
  })
})
