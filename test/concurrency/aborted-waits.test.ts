import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { AbortableQueryOptions } from 'kysely'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  holdWriteLock,
  ids,
  insert,
  untilAllReturned,
  rowsOf,
} from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { isLocked, RawLock } from '../support/raw-lock.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { silentConsole } from '../support/silent-console.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const pragmas = { journal_mode: 'wal', synchronous: 'off' }

/** Called when a statement has ended, even one whose caller was free long before. */
const ended = vi.fn<() => void>()

beforeEach(silentConsole)

function openLogged(config: PooledSqliteDialectConfig): ReturnType<typeof open<CounterDatabase>> {
  return open<CounterDatabase>(config, { log: () => ended() })
}

/**
 * Aborts what waits, and returns once the statement itself has ended, which in a thread may be at its next try: the lock
 * that it waits for must be held until then.
 */
async function abort(start: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController()
  const reason = new Error('no longer wanted')
  const waiting = failureOf(start(controller.signal))
  await delay(50)
  ended.mockClear()
  controller.abort(reason)
  expect(await waiting).toBe(reason)
  await vi.waitFor(() => expect(ended).toHaveBeenCalled(), { timeout: 20_000, interval: 5 })
}

describe.each(['ignore query', 'cancel query', 'kill session'] as const)(
  'with the strategy “%s”',
  (inflightQueryAbortStrategy) => {
    const options = (signal: AbortSignal): AbortableQueryOptions => ({ signal, inflightQueryAbortStrategy })

    test('a wait for a connection ends at once, and the next in line gets the connection', async () => {
      const { db, dialect } = openLogged({
        url: join(temporaryDirectory(), 'app.db'),
        poolclass: 'QueuePool',
        poolSize: 1,
        maxOverflow: 0,
        pragmas,
      })
      await createCounters(db)
      const release = Promise.withResolvers<void>()
      const holder = db.connection().execute(async (connection) => {
        await ids(connection)
        await release.promise
      })
      await delay(10)
      const aborting = abort((signal) => db.selectFrom('counter').select('id').execute(options(signal)))
      const next = ids(db)
      await aborting
      expect(dialect.pool.status()).toMatchObject({ checkedOut: 1, waiting: 1 })
      release.resolve()

      expect(await next).toEqual([1])
      await holder
      await untilAllReturned(dialect)
    })

    test.each(['NullPool', 'QueuePool', 'StaticPool'] as const)(
      'a wait in the line of writers on a %s ends at once, and the next in line gets the lock',
      async (poolclass) => {
        const url = join(temporaryDirectory(), 'app.db')
        const { db, dialect } = openLogged({ url, poolclass, pragmas })
        await createCounters(db)
        await insert(db, 2)
        const transaction = await holdWriteLock(db)
        const served: number[] = []
        const write = (id: number): Promise<unknown> => insert(db, id).then(() => served.push(id))
        const first = write(10)
        const aborting = abort((signal) =>
          db.insertInto('counter').values({ id: 11, value: 0 }).execute(options(signal)),
        )
        const last = write(12)
        await aborting
        expect(served).toEqual([])
        await transaction.end()
        await Promise.all([first, last])

        expect(served).toEqual([10, 12])
        expect(await ids(db)).toEqual([1, 2, 10, 12])
        await untilAllReturned(dialect)
        expect(isLocked(url)).toBe(false)
      },
    )

    test('a wait for the lock of somebody else ends at once, and the next in line gets the lock', async () => {
      const url = join(temporaryDirectory(), 'app.db')
      const { db, dialect } = openLogged({ url, poolclass: 'QueuePool', pragmas })
      await createCounters(db)
      await insert(db, 2)
      const lock = new RawLock(url)
      const aborting = abort((signal) =>
        db.insertInto('counter').values({ id: 11, value: 0 }).execute(options(signal)),
      )
      const next = insert(db, 12)
      await aborting
      lock.release()
      await next

      expect(await ids(db)).toEqual([1, 2, 12])
      await untilAllReturned(dialect)
      expect(isLocked(url)).toBe(false)
    })

    test('a read that waits for a lock ends at once', async () => {
      const url = join(temporaryDirectory(), 'app.db')
      const { db, dialect } = openLogged({ url, pragmas: { journal_mode: 'delete' } })
      await createCounters(db)
      const lock = new RawLock(url, 'begin exclusive')
      await abort((signal) => db.selectFrom('counter').select('id').execute(options(signal)))
      lock.release()

      expect(await ids(db)).toEqual([1])
      await untilAllReturned(dialect)
    })
  },
)

test('a wait for a lock as a connection is opened ends at once', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  await createCounters(openLogged({ url, pragmas: { journal_mode: 'delete' } }).db)
  const lock = new RawLock(url)
  const { db, dialect } = openLogged({ url, pragmas })
  await abort((signal) => db.selectFrom('counter').select('id').execute({ signal }))
  lock.release()
  await delay(100)

  await untilAllReturned(dialect)
  expect(await ids(db)).toEqual([1])
  const { opened, closed } = dialect.pool.status()
  expect(opened).toBe(closed)
})

test('a statement that is aborted inside a transaction leaves the transaction to its owner', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db, dialect } = openLogged({ url, pragmas, transactionMode: 'deferred' })
  await createCounters(db)
  const lock = new RawLock(url)
  await db.transaction().execute(async (trx) => {
    await abort((signal) => trx.insertInto('counter').values({ id: 2, value: 0 }).execute({ signal }))
    lock.release()
    await insert(trx, 3)
  })

  expect(await ids(db)).toEqual([1, 3])
  await untilAllReturned(dialect)
  expect(isLocked(url)).toBe(false)
})

test('a signal that has fired already keeps a query from starting', async () => {
  const { db, dialect } = openLogged({ url: join(temporaryDirectory(), 'app.db'), pragmas })
  await createCounters(db)
  const signal = AbortSignal.abort()
  const failure = await failureOf(db.insertInto('counter').values({ id: 2, value: 0 }).execute({ signal }))

  expect(failure.name).toBe('AbortError')
  expect(await ids(db)).toEqual([1])
  await untilAllReturned(dialect)
})

test('a signal that fires just as the lock is handed over loses neither the lock nor the connection', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db, dialect } = openLogged({
    url,
    poolclass: 'QueuePool',
    poolSize: 1,
    maxOverflow: 0,
    pragmas,
  })
  await createCounters(db)
  await insert(db, 2)
  for (let microtasks = 0; microtasks < 40; microtasks += 1) {
    const transaction = await holdWriteLock(db)
    const controller = new AbortController()
    const aborted = db
      .insertInto('counter')
      .values({ id: 100 + microtasks, value: 0 })
      .execute({ signal: controller.signal })
    const next = db.updateTable('counter').set({ value: microtasks }).where('id', '=', 1).execute()
    aborted.catch(() => {})
    const ending = transaction.end()
    for (let count = 0; count < microtasks; count += 1) await Promise.resolve()
    controller.abort()
    await Promise.all([ending, next, aborted.catch(() => {})])
  }

  await untilAllReturned(dialect)
  expect(isLocked(url)).toBe(false)
  await insert(db, 3)
})

describe.each(['NullPool', 'QueuePool', 'StaticPool'] as const)('a stream on a %s', (poolclass) => {
  test('stops at the next chunk when its signal fires, and gives back its connection', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db, dialect } = openLogged({ url, poolclass, pragmas })
    await createCounters(db, 100)
    const controller = new AbortController()
    const reason = new Error('no longer wanted')
    let rows = 0
    const reading = (async () => {
      const stream = db.selectFrom('counter').selectAll().stream({ chunkSize: 5, signal: controller.signal })
      for await (const _ of stream) {
        rows += 1
        if (rows === 12) controller.abort(reason)
      }
    })()

    expect(await failureOf(reading)).toBe(reason)
    expect(rows).toBeLessThanOrEqual(15)
    await untilAllReturned(dialect)
    await insert(db, 1000)
    expect(isLocked(url)).toBe(false)
  })

  test('that waits for a lock ends at once when its signal fires', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db, dialect } = openLogged({ url, poolclass, pragmas: { journal_mode: 'delete' } })
    await createCounters(db)
    const lock = new RawLock(url, 'begin exclusive')
    await abort((signal) => rowsOf(db.selectFrom('counter').selectAll().stream({ signal })))
    lock.release()

    await untilAllReturned(dialect)
    expect(await ids(db)).toEqual([1])
  })
})

test('a wait for the lock that was aborted does not keep the process alive', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const leaving = new ScriptProcess('concurrency/scripts/leave-after-abort.ts', [url])
  await leaving.hasPrinted(1)
  const start = performance.now()
  await leaving.ended()

  expect(performance.now() - start).toBeLessThan(30_000)
})

test.each([
  { poolclass: 'NullPool', what: 'write' },
  { poolclass: 'QueuePool', what: 'write' },
  { poolclass: 'StaticPool', what: 'write' },
  { poolclass: 'StaticPool', what: 'read' },
])(
  'an aborted $what on a $poolclass leaves no timer behind, although the holder never ends',
  async ({ poolclass, what }) => {
    const timeout = 600_000
    const config = {
      url: join(temporaryDirectory(), 'app.db'),
      poolclass,
      connectArgs: { timeout },
      ...(poolclass !== 'NullPool' && { poolTimeout: timeout }),
    }
    const leaving = new ScriptProcess('concurrency/scripts/leave-beside-holder.ts', [
      JSON.stringify(config),
      what,
    ])
    await leaving.ended()
    expect(leaving.lines).toEqual(['aborted'])
  },
)
