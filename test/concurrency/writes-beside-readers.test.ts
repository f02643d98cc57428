import { CompiledQuery, type Kysely } from 'kysely'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  expectAllReturned,
  ids,
  insert,
  untilAllReturned,
} from '../support/counters.ts'
import { sampled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { isLocked } from '../support/raw-lock.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const pragmas = { journal_mode: 'delete', synchronous: 'off' }

const PATIENCE = { timeout: 20_000, interval: 5 }

/** Readers that the dialect does not know of. */
class Reader {
  readonly #database: PlainDatabase
  #rows: IterableIterator<unknown> | undefined

  constructor(filename: string) {
    this.#database = new PlainDatabase(filename, { timeout: 0 })
    onTestFinished(() => {
      this.end()
      this.#database.close()
    })
  }

  /** Begins to read, unless a lock is in the way. */
  tryBegin(): boolean {
    try {
      this.#rows = this.#database.prepare('select id from counter').iterate()
      this.#rows.next()
      return true
    } catch (error) {
      this.#rows = undefined
      if ((error as { code?: unknown }).code === 'SQLITE_BUSY') return false
      throw error
    }
  }

  isLetIn(): boolean {
    const isLetIn = this.tryBegin()
    this.end()
    return isLetIn
  }

  end(): void {
    this.#rows?.return?.()
    this.#rows = undefined
  }
}

/** Two readers of whom one reads at every moment, for as long as they are let. */
function readInTurns(filename: string): { turns: number } {
  const state = { turns: 0 }
  const readers = [new Reader(filename), new Reader(filename)]
  expect(readers[0]!.tryBegin()).toBe(true)
  const timer = setInterval(() => {
    const [last, next] = state.turns % 2 === 0 ? readers : readers.toReversed()
    if (next!.tryBegin()) state.turns += 1
    last!.end()
  }, 10)
  onTestFinished(() => clearInterval(timer))
  return state
}

async function withCounters(
  config: object = {},
): Promise<{ url: string } & ReturnType<typeof open<CounterDatabase>>> {
  const url = join(temporaryDirectory(), 'app.db')
  const opened = open<CounterDatabase>({ url, poolclass: 'QueuePool', pragmas, ...config })
  await createCounters(opened.db, 10)
  return { url, ...opened }
}

/** Nothing is left of the wait: no lock, no journal, and the locking mode is what it was. */
async function expectNothingLeft(db: Kysely<CounterDatabase>, url: string): Promise<void> {
  const reader = new Reader(url)
  expect(reader.tryBegin()).toBe(true)
  reader.end()
  expect(isLocked(url)).toBe(false)
  expect(readdirSync(join(url, '..')).filter((name) => name.includes('journal'))).toEqual([])
  expect(await run(db, 'pragma locking_mode')).toEqual([{ locking_mode: 'normal' }])
}

describe.each(
  sampled(['NullPool', 'StaticPool', 'QueuePool', 'SingletonThreadPool', 'AssertionPool'] as const, 2),
)('on a %s, while two readers take turns', (poolclass) => {
  const inTurns = async (more: object = {}): Promise<Awaited<ReturnType<typeof withCounters>>> => {
    const opened = await withCounters({ poolclass, ...more })
    readInTurns(opened.url)
    return opened
  }

  test('an insert goes through, and gives its id and count', async () => {
    const { db, url } = await inTurns()
    const result = await db.insertInto('counter').values({ id: 77, value: 1 }).executeTakeFirstOrThrow()
    expect(result).toEqual({ insertId: 77n, numInsertedOrUpdatedRows: 1n })
    await expectNothingLeft(db, url)
  })

  test('an insert that returns rows goes through', async () => {
    const { db, url } = await inTurns()
    const rows = await db.insertInto('counter').values({ id: 77, value: 1 }).returning('id').execute()
    expect(rows).toEqual([{ id: 77 }])
    await expectNothingLeft(db, url)
  })

  test('an exclusive transaction goes through', async () => {
    const { db, url } = await inTurns({ transactionMode: 'exclusive' })
    await db.transaction().execute(async (trx) => {
      await insert(trx, 77)
      expect(new Reader(url).tryBegin()).toBe(false)
    })
    expect(await ids(db)).toContain(77)
    await expectNothingLeft(db, url)
  })

  test('a statement that cannot run in a transaction goes through', async () => {
    const { db, url } = await inTurns()
    expect(await run(db, 'vacuum')).toEqual([])
    await expectNothingLeft(db, url)
  })

  test('a pragma that writes goes through', async () => {
    const { db, url } = await inTurns()
    await run(db, 'pragma user_version = 7')
    expect(await run(db, 'pragma user_version')).toEqual([{ user_version: 7 }])
    await expectNothingLeft(db, url)
  })

  test('the change to WAL goes through', async () => {
    const { db, url } = await inTurns({ pragmas: { synchronous: 'off' } })
    expect(await run(db, 'pragma journal_mode = wal')).toEqual([{ journal_mode: 'wal' }])
    await insert(db, 77)
    expect(new Reader(url).tryBegin()).toBe(true)
  })

  test('what onCreateConnection writes goes through', async () => {
    const { url } = await withCounters()
    readInTurns(url)
    const { db } = open<CounterDatabase>({
      url,
      poolclass,
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw('insert into counter values (77, 0)'))
        await connection.executeQuery(CompiledQuery.raw('pragma application_id = 77'))
      },
    })
    expect(await ids(db)).toContain(77)
    expect(isLocked(url)).toBe(false)
  })

  test('what the config sets in the file goes through', async () => {
    const { url } = await withCounters()
    readInTurns(url)
    const { db } = open<CounterDatabase>({
      url,
      poolclass,
      pragmas: { user_version: 7, journal_mode: 'wal' },
    })
    expect(await ids(db)).toHaveLength(10)
    expect(await run(db, 'pragma journal_mode')).toEqual([{ journal_mode: 'wal' }])
    expect(await run(db, 'pragma user_version')).toEqual([{ user_version: 7 }])
    expect(new Reader(url).tryBegin()).toBe(true)
  })

  test('a statement of db.connection() goes through', async () => {
    const { db, url } = await inTurns()
    await db.connection().execute(async (connection) => {
      await run(connection, 'create temp table scratch (a)')
      await insert(connection, 77)
      expect(await run(connection, 'select last_insert_rowid() as id, changes() as n')).toEqual([
        { id: 77, n: 1 },
      ])
      expect(await run(connection, 'select * from scratch')).toEqual([])
    })
    await expectNothingLeft(db, url)
  })

  test('a statement that fails brings the error of SQLite, and leaves no lock', async () => {
    const { db, url } = await inTurns()
    expect(await failureOf(insert(db, 1))).toMatchObject({
      code: 'SQLITE_CONSTRAINT_PRIMARYKEY',
      message: 'UNIQUE constraint failed: counter.id',
    })
    await expectNothingLeft(db, url)
  })

  test('a statement that keeps what it did before it failed does so', async () => {
    const { db } = await inTurns()
    const failing = run(db, 'insert or fail into counter values (50, 0), (1, 0), (51, 0)')
    expect(await failureOf(failing)).toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' })
    expect(await ids(db)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 50])
  })
})

test('Kysely logs a write that had to wait for readers as one statement', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const log: string[] = []
  const { db } = open<CounterDatabase>(
    { url, pragmas, transactionMode: 'exclusive' },
    { log: ({ level, query }) => void log.push(`${level}: ${query.sql}`) },
  )
  await createCounters(db)
  readInTurns(url)
  log.length = 0
  await insert(db, 2)
  await db.transaction().execute((trx) => insert(trx, 3))
  const inserting = 'query: insert into "counter" ("id", "value") values (?, ?)'
  expect(log).toEqual([inserting, 'query: begin exclusive', inserting, 'query: commit'])
})

test('a write to an attached database goes through while others read there', async () => {
  const aux = await withCounters()
  await aux.db.destroy()
  const { db, url } = await withCounters()
  await run(db, 'attach ? as aux', aux.url)
  readInTurns(aux.url)
  await run(db, 'insert into aux.counter values (77, 0)')
  expect(await run(db, 'select count(*) as n from aux.counter')).toEqual([{ n: 11 }])
  await expectNothingLeft(db, url)
  expect(isLocked(aux.url)).toBe(false)
})

test('a write to one database leaves no lock on the others, in whatever journal mode they are', async () => {
  const directory = temporaryDirectory()
  const { db, url } = await withCounters({ poolclass: 'StaticPool' })
  await run(db, `attach ? as "it's ""odd"""`, join(directory, 'odd.db'))
  for (const [name, mode] of [
    ['wal', 'wal'],
    ['kept', 'persist'],
    ['memory', 'memory'],
  ] as const) {
    await run(db, 'attach ? as ' + name, join(directory, `${name}.db`))
    await run(db, `pragma ${name}.journal_mode = ${mode}`)
    await run(db, `create table ${name}.t (a)`)
  }
  await run(db, 'create temp table scratch (a)')
  readInTurns(url)
  await insert(db, 77)
  for (const name of ['wal', 'kept', 'memory']) {
    expect(isLocked(join(directory, `${name}.db`))).toBe(false)
    expect(await run(db, `pragma ${name}.locking_mode`)).toEqual([{ locking_mode: 'normal' }])
    await run(db, `insert into ${name}.t values (1)`)
  }
  expect(isLocked(url)).toBe(false)
})

describe.each(['delete', 'shared memory'])('in journal mode %s', (kind) => {
  const config = (): object =>
    kind === 'delete'
      ? { url: join(temporaryDirectory(), 'app.db'), poolclass: 'NullPool', pragmas }
      : { url: `file:beside-${Math.random()}?mode=memory&cache=shared`, poolclass: 'QueuePool' }

  test('lone writes go through while two streams of the same thread overlap all the time', async () => {
    const { db, dialect } = open<CounterDatabase>(config() as { url: string })
    await createCounters(db, 10)
    const end = new AbortController()
    const streaming = [0, 1].map(async (n) => {
      await delay(n * 15)
      while (!end.signal.aborted) {
        for await (const _ of db.selectFrom('counter').select('id').where('id', '<=', 10).stream(1))
          await delay(3)
      }
    })
    await delay(10)
    try {
      for (let id = 100; id < 120; id += 1) {
        await insert(db, id)
        await delay(10)
      }
    } finally {
      end.abort()
      await Promise.all(streaming)
    }
    expect((await ids(db)).filter((id) => id >= 100)).toHaveLength(20)
    expectAllReturned(dialect)
  })

  test('a write, a stream, and a read for each of its rows do not wait for each other until the time-out', async () => {
    const { db, dialect } = open<CounterDatabase>({
      ...(config() as { url: string }),
      connectArgs: { timeout: 20_000 },
    })
    await createCounters(db, 10)
    const writes: Promise<unknown>[] = []
    try {
      for await (const { id } of db.selectFrom('counter').select('id').stream(1)) {
        if (id === 1) writes.push(insert(db, 77))
        await delay(5)
        await db.selectFrom('counter').select('value').where('id', '=', id).execute()
      }
    } finally {
      // It must not go on when its file is gone.
      await Promise.allSettled(writes)
    }
    await Promise.all(writes)
    expect(await ids(db)).toContain(77)
    expectAllReturned(dialect)
  })
})

describe.each(sampled(['QueuePool', 'NullPool', 'StaticPool'] as const))(
  'on a %s, a write that waits for a reader who does not end',
  (poolclass) => {
    test.each(['immediate', 'exclusive'] as const)(
      'is refused after the busy timeout, and leaves no lock (%s)',
      async (transactionMode) => {
        const { db, url, dialect } = await withCounters({
          poolclass,
          transactionMode,
          connectArgs: { timeout: 200 },
        })
        const reader = new Reader(url)
        reader.tryBegin()
        const writing =
          transactionMode === 'immediate'
            ? insert(db, 77)
            : db.transaction().execute((trx) => insert(trx, 77))
        expect(await failureOf(writing)).toMatchObject({ code: 'SQLITE_BUSY' })
        const other = new Reader(url)
        expect(other.tryBegin()).toBe(true)
        other.end()
        reader.end()
        expectAllReturned(dialect)
        await expectNothingLeft(db, url)
        await insert(db, 78)
        expect(await ids(db)).not.toContain(77)
      },
    )

    test('of the config is refused after the busy timeout, and the next query tries again', async () => {
      const { url } = await withCounters()
      const reader = new Reader(url)
      reader.tryBegin()
      const { db, dialect } = open<CounterDatabase>({
        url,
        poolclass,
        pragmas: { journal_mode: 'wal' },
        connectArgs: { timeout: 200 },
      })
      expect(await failureOf(ids(db))).toMatchObject({ code: 'SQLITE_BUSY' })
      expectAllReturned(dialect)
      expect(dialect.pool.status().opened).toBe(0)
      const other = new Reader(url)
      expect(other.isLetIn()).toBe(true)
      reader.end()
      expect(await ids(db)).toHaveLength(10)
      expect(await run(db, 'pragma journal_mode')).toEqual([{ journal_mode: 'wal' }])
    })

    test.each(['ignore query', 'cancel query', 'kill session'] as const)(
      'leaves no lock when it is aborted with “%s”',
      async (inflightQueryAbortStrategy) => {
        vi.spyOn(console, 'error').mockReturnValue()
        const { db, url, dialect } = await withCounters({ poolclass })
        const reader = new Reader(url)
        for (let wait = 0; wait < 40; wait += 4) {
          // A thread that was killed may still be closing its connection.
          await vi.waitFor(() => expect(reader.tryBegin()).toBe(true), PATIENCE)
          const controller = new AbortController()
          const { signal } = controller
          const writing = failureOf(
            db
              .insertInto('counter')
              .values({ id: 100 + wait, value: 0 })
              .execute({ signal, inflightQueryAbortStrategy }),
          )
          await delay(wait)
          controller.abort(new Error('no longer wanted'))
          expect((await writing).message).toBe('no longer wanted')
          reader.end()
          await untilAllReturned(dialect)
        }
        await vi.waitFor(() => expectNothingLeft(db, url), PATIENCE)
        await insert(db, 78)
      },
    )

    test('keeps new readers away meanwhile, but not for as long as it waits', async () => {
      const { db, url } = await withCounters({ poolclass })
      const reader = new Reader(url)
      reader.tryBegin()
      const writing = insert(db, 77)
      writing.catch(() => {})
      const other = new Reader(url)
      await vi.waitFor(() => expect(other.isLetIn()).toBe(false), PATIENCE)
      await vi.waitFor(() => expect(other.isLetIn()).toBe(true), PATIENCE)
      reader.end()
      await writing
      await expectNothingLeft(db, url)
    })
  },
)

test('a locking mode that the user has chosen stays', async () => {
  const { db } = await withCounters({ poolclass: 'StaticPool' })
  await run(db, 'pragma locking_mode = exclusive')
  await insert(db, 77)
  expect(await run(db, 'pragma locking_mode')).toEqual([{ locking_mode: 'exclusive' }])
})
