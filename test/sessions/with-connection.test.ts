import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PooledSqliteDialect } from '@poolclass/dialect'
import type { Database } from 'better-sqlite3'
import { CompiledQuery, type DatabaseConnection, Kysely, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type CounterDatabase, createCounters, expectAllReturned, ids, insert } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PLACES, PLACES_FOR_MANY } from '../support/places.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'
import { skips } from '../support/skips.ts'

function run(connection: DatabaseConnection, text: string): Promise<unknown> {
  return connection.executeQuery(CompiledQuery.raw(text))
}

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  await delay(1)
  runInNewContext('gc')()
}

describe.skipIf(skips.inCallingThread)('where connections live in threads', () => {
  test.each(PLACES)(
    '%s: the error says that the handle is elsewhere, and how to do without',
    async (place) => {
      const { db, dialect } = open<CounterDatabase>(place.config())
      await createCounters(db)
      const error = await failureOf(dialect.withConnection(() => 'never'))
      expect(error).toMatchObject({ code: 'POOLCLASS_HANDLE_ELSEWHERE' })
      expect(error.message).toMatch(/in a worker thread.*creator: new URL\(.*threads: 0/)
      expect(await ids(db)).toEqual([1])
      expectAllReturned(dialect)
    },
  )
})

describe.skipIf(skips.inThreads).each(PLACES)('%s', (place) => {
  async function database() {
    const opened = open<CounterDatabase>(place.config({ connectArgs: { timeout: 1000 } }))
    await createCounters(opened.db)
    return opened
  }

  test('what is done with the handle and with the connection is done to one connection', async () => {
    const { dialect } = await database()
    const rows = await dialect.withConnection(async (connection, handle: Database) => {
      handle.function('twice', (n: number) => n * 2)
      await run(connection, 'create temp table own (a)')
      expect(handle.prepare('select count(*) as n from temp.own').get()).toEqual({ n: 0 })
      return (await connection.executeQuery(CompiledQuery.raw('select twice(21) as a'))).rows
    })
    expect(rows).toEqual([{ a: 42 }])
    expectAllReturned(dialect)
  })

  test('a function stays where the pool has one connection only', async () => {
    const { db, dialect } = await database()
    await dialect.withConnection((_connection, handle: Database) => {
      handle.function('twice', (n: number) => n * 2)
    })
    const answer = await sql<{ a: number }>`select twice(21) as a`.execute(db).then(
      ({ rows }) => rows,
      (error: Error) => error.message,
    )
    expect(answer).toEqual(place.single ? [{ a: 42 }] : 'no such function: twice')
  })

  test('a pragma that is set stays with the connection', async () => {
    const { db, dialect } = await database()
    await dialect.withConnection((connection) => run(connection, 'pragma foreign_keys = off'))
    const { rows } = await sql`pragma foreign_keys`.execute(db)
    expect(rows).toEqual([{ foreign_keys: place.single ? 0 : 1 }])
  })

  test('a transaction that the handle leaves open is rolled back', async () => {
    const { db, dialect } = await database()
    await dialect.withConnection((_connection, handle: Database) => {
      handle.exec('begin; insert into counter values (2, 0)')
    })
    expect(await ids(db)).toEqual([1])
    await insert(db, 3)
    expect(await ids(db)).toEqual([1, 3])
  })

  test('the connection knows of a transaction that the handle begins and ends, at any time', async () => {
    const { db, dialect } = await database()
    await dialect.withConnection(async (connection, handle: Database) => {
      await run(connection, 'select 1')
      handle.exec('begin immediate')
      await run(connection, 'insert into counter values (2, 0)')
      handle.exec('rollback')
      await run(connection, 'insert into counter values (3, 0)')
    })
    expect(await ids(db)).toEqual([1, 3])
  })

  test('an iterator that is left open on the handle stops nobody who comes later', async () => {
    const { db, dialect } = await database()
    await insert(db, 2)
    await dialect.withConnection((_connection, handle: Database) => {
      handle.prepare('select * from counter').iterate().next()
    })
    await insert(db, 3)
    expect(await ids(db)).toEqual([1, 2, 3])
  })

  test('an iterator that is left open in a transaction keeps nobody from ending it', async () => {
    const { db, dialect } = await database()
    await dialect.withConnection((_connection, handle: Database) => {
      handle.exec('begin; insert into counter values (2, 0)')
      handle.prepare('select * from counter').iterate().next()
    })
    expect(await ids(db)).toEqual([1])
    await insert(db, 3)
  })

  test('a handle that its user has closed is replaced', async () => {
    const { db, dialect } = await database()
    await dialect.withConnection((_connection, handle: Database) => void handle.close())
    const { rows } = await sql`select 1 as a`.execute(db)
    expect(rows).toEqual([{ a: 1 }])
  })

  test('what comes after the callback is refused', async () => {
    const { dialect } = await database()
    const late = await dialect.withConnection((connection) => ({ connection }))
    await expect(run(late.connection, 'select 1')).rejects.toMatchObject({ code: 'POOLCLASS_RELEASED' })
  })

  test('an error of the callback is passed on, and the connection is given back', async () => {
    const { db, dialect } = await database()
    const mine = new Error('mine')
    await expect(
      dialect.withConnection(() => {
        throw mine
      }),
    ).rejects.toBe(mine)
    expectAllReturned(dialect)
    expect(await ids(db)).toEqual([1])
  })

  test('a signal that has fired lends nothing', async () => {
    const { dialect } = await database()
    const reason = new Error('enough')
    const lent = dialect.withConnection(() => 'never', { signal: AbortSignal.abort(reason) })
    await expect(lent).rejects.toBe(reason)
    expectAllReturned(dialect)
  })

  test('after destroy() there is no connection to lend, and a new Kysely brings one', async () => {
    const { db, dialect } = await database()
    await db.destroy()
    await expect(dialect.withConnection(() => 1)).rejects.toMatchObject({ code: 'POOLCLASS_DESTROYED' })
    const again = new Kysely<CounterDatabase>({ dialect })
    onTestFinished(() => again.destroy())
    expect(await dialect.withConnection(() => 1)).toBe(1)
  })
})

describe.skipIf(skips.inThreads).each(PLACES_FOR_MANY)('%s', (place) => {
  test('nobody else uses the connection meanwhile', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await createCounters(db)
    let isLent = false
    const seen: boolean[] = []
    const others = await dialect.withConnection(async (_connection, handle: Database) => {
      isLent = true
      handle.function('is_lent', () => seen.push(isLent))
      const both = Promise.allSettled([sql`select is_lent()`.execute(db), sql`select is_lent()`.execute(db)])
      await delay(20)
      isLent = false
      return { both }
    })
    await others.both
    expect(seen).toEqual(place.single ? [false, false] : [])
  })

  test('a transaction that the connection begins waits its turn to write, and the others wait for it', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await createCounters(db)
    const writers = Array.from({ length: 10 }, (_, n) => insert(db, 100 + n))
    await dialect.withConnection(async (connection, handle: Database) => {
      await run(connection, 'begin immediate')
      writers.push(insert(db, 200))
      const add = handle.prepare('insert into counter values (?, 0)')
      for (let id = 2; id <= 20; id += 1) {
        add.run(id)
        // oxlint-disable-next-line no-await-in-loop -- so that the others get a chance
        await delay(1)
      }
      handle.exec('commit')
    })
    await Promise.all(writers)
    expect(await ids(db)).toHaveLength(31)
  })
})

describe.skipIf(skips.inThreads)('withConnection', () => {
  test('remembers no iterator that has come to its end, neither meanwhile nor later', async () => {
    const { dialect } = open<CounterDatabase>(':memory:')
    const iterators: WeakRef<object>[] = []
    const readOften = (statement: { iterate(): IterableIterator<unknown> }): void => {
      for (let n = 0; n < 100; n += 1) {
        const rows = statement.iterate()
        iterators.push(new WeakRef(rows))
        expect([...rows]).toHaveLength(1)
      }
    }
    const { statement } = await dialect.withConnection(async (_connection, handle: Database) => {
      const prepared = handle.prepare('select 1')
      readOften(prepared)
      await collectGarbage()
      expect(iterators.filter((iterator) => iterator.deref() !== undefined).length).toBeLessThan(10)
      return { statement: prepared }
    })
    readOften(statement)
    await collectGarbage()
    expect(iterators.filter((iterator) => iterator.deref() !== undefined).length).toBeLessThan(10)
  })

  test('an ORM that keeps the handle of a pool of one can register functions on it later', async () => {
    const { db, dialect } = open<CounterDatabase>({ url: ':memory:', poolclass: 'StaticPool' })
    const { handle } = await dialect.withConnection((_connection, lent: Database) => ({ handle: lent }))
    handle.function('twice', (n: number) => n * 2)
    const { rows } = await db.transaction().execute((trx) => sql`select twice(21) as a`.execute(trx))
    expect(rows).toEqual([{ a: 42 }])
  })

  test.each(PLACES.filter(({ single, poolclass }) => single && poolclass !== 'AssertionPool'))(
    'db inside its callback on %s is told at once that it waits for the callback',
    async (place) => {
      const { db, dialect } = open<CounterDatabase>(place.config({ poolTimeout: 50 }))
      const warnings = collectWarnings('POOLCLASS_NESTED_USE')
      const inner = dialect.withConnection(() => sql`select 1`.execute(db))
      const error = await failureOf(inner)
      expect(error.message).toContain('with-connection.test.ts')
      expect(warnings).toHaveLength(1)
      expect(String(warnings[0])).toMatch(
        /inside `dialect.withConnection\(\)`.*the callback itself.*`connection`/,
      )
    },
  )

  test('inside a transaction on a pool of one says at once that it waits for the transaction', async () => {
    const { db, dialect } = open<CounterDatabase>({ url: ':memory:', poolTimeout: 50 })
    const warnings = collectWarnings('POOLCLASS_NESTED_USE')
    await failureOf(db.transaction().execute(() => dialect.withConnection(() => 1)))
    expect(warnings).toHaveLength(1)
  })

  test('works before any query, and what it does to private memory is there for the first one', async () => {
    const { db, dialect } = open<CounterDatabase>(':memory:')
    await dialect.withConnection((_connection, handle: Database) => {
      handle.exec('create table counter (id integer primary key, value integer)')
    })
    expect(await ids(db)).toEqual([])
    await db.destroy()
    expect(dialect.pool.status()).toMatchObject({ idle: 0, checkedOut: 0 })
  })

  test('tries to load and open anew after a first use that failed', async () => {
    const dialect = new PooledSqliteDialect(`${temporaryDirectory()}/missing/app.db`)
    await expect(dialect.withConnection(() => 1)).rejects.toMatchObject({ code: 'SQLITE_CANTOPEN' })
    await expect(dialect.withConnection(() => 1)).rejects.toMatchObject({ code: 'SQLITE_CANTOPEN' })
    expectAllReturned(dialect)
  })
})
