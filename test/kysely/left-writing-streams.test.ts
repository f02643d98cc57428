import BetterSqlite3 from 'better-sqlite3'
import { CompiledQuery, Kysely, SqliteDialect } from 'kysely'
import { describe, expect, test } from 'vitest'
import { type CounterDatabase, createCounters, ids, untilAllReturned } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'

const NEW = [2, 3, 4, 5, 6]
const ALL = [1, ...NEW]

function inserts(db: Kysely<CounterDatabase>, chunkSize: number): AsyncIterableIterator<{ id: number }> {
  const rows = NEW.map((id) => ({ id, value: 0 }))
  return db.insertInto('counter').values(rows).returning('id').stream(chunkSize)
}

/** Reads until it has the second row, and leaves the loop. */
async function leaveEarly(db: Kysely<CounterDatabase>, chunkSize: number): Promise<number[]> {
  const seen: number[] = []
  for await (const { id } of inserts(db, chunkSize)) {
    seen.push(id)
    if (seen.length === 2) break
  }
  return seen
}

describe.each(PLACES)('%s', (place) => {
  async function database() {
    const opened = open<CounterDatabase>(place.config())
    await createCounters(opened.db)
    return opened
  }

  test.each([1, 2, 100])(
    'a stream of an insert that is left early (%i rows a chunk) has inserted all of its rows',
    async (chunkSize) => {
      const { db, dialect } = await database()
      expect(await leaveEarly(db, chunkSize)).toEqual([2, 3])
      expect(await ids(db)).toEqual(ALL)
      await untilAllReturned(dialect)
    },
  )

  test('a stream of an insert whose reader throws has inserted all of its rows', async () => {
    const { db, dialect } = await database()
    const reading = (async () => {
      for await (const { id } of inserts(db, 1)) throw new Error(`cannot stand ${id}`)
    })()
    expect((await failureOf(reading)).message).toBe('cannot stand 2')
    expect(await ids(db)).toEqual(ALL)
    await untilAllReturned(dialect)
  })

  test('a stream of an insert that is never read inserts nothing', async () => {
    const { db, dialect } = await database()
    await inserts(db, 1).return?.()
    expect(await ids(db)).toEqual([1])
    await untilAllReturned(dialect)
  })

  test('a stream of an insert that is left early in a transaction is saved with it', async () => {
    const { db, dialect } = await database()
    await db.transaction().execute(async (trx) => {
      expect(await leaveEarly(trx, 1)).toEqual([2, 3])
      expect(await ids(trx)).toEqual(ALL)
    })
    expect(await ids(db)).toEqual(ALL)
    await untilAllReturned(dialect)
  })

  test('a stream of an insert that is left early in a transaction is rolled back with it', async () => {
    const { db, dialect } = await database()
    const transaction = db.transaction().execute(async (trx) => {
      expect(await leaveEarly(trx, 1)).toEqual([2, 3])
      throw new Error('changed my mind')
    })
    expect((await failureOf(transaction)).message).toBe('changed my mind')
    expect(await ids(db)).toEqual([1])
    await untilAllReturned(dialect)
  })

  test('a stream of an insert that breaks a constraint gives no row and inserts none, wherever it is read', async () => {
    const { db, dialect } = await database()
    const seen: number[] = []
    const read = async (on: Kysely<CounterDatabase>): Promise<void> => {
      const rows = [7, 8, 1].map((id) => ({ id, value: 0 }))
      const stream = on.insertInto('counter').values(rows).returning('id').stream(1)
      for await (const { id } of stream) seen.push(id)
    }
    const code = 'SQLITE_CONSTRAINT_PRIMARYKEY'
    expect(await failureOf(read(db))).toMatchObject({ code })
    await db.transaction().execute(async (trx) => {
      expect(await failureOf(read(trx))).toMatchObject({ code })
    })
    expect(seen).toEqual([])
    expect(await ids(db)).toEqual([1])
    await untilAllReturned(dialect)
  })
})

test('plain better-sqlite3 has inserted all rows, too, when the iterator is left', () => {
  const database = new BetterSqlite3(':memory:')
  database.exec('create table counter (id integer primary key)')
  const insert = database.prepare('insert into counter values (2), (3), (4), (5), (6) returning id')
  for (const row of insert.iterate()) {
    expect(row).toEqual({ id: 2 })
    break
  }
  expect(database.prepare('select count(*) as n from counter').get()).toEqual({ n: 5 })
  database.close()
})

test("Kysely's own dialect refuses to stream an insert", async () => {
  const db = new Kysely<CounterDatabase>({
    dialect: new SqliteDialect({ database: new BetterSqlite3(':memory:') }),
  })
  await db.executeQuery(CompiledQuery.raw('create table counter (id integer primary key, value)'))
  expect((await failureOf(inserts(db, 1).next())).message).toContain('only supports streaming of select')
  expect(await ids(db)).toEqual([])
  await db.destroy()
})
