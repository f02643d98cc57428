import { setTimeout as delay } from 'node:timers/promises'
import { type QueryMessage, ReleasedError } from '@poolclass/dialect'
import type { Connection } from '../../packages/dialect/src/connection/connection.ts'
import { CompiledQuery, type Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { messagesOf } from '../support/channels.ts'
import {
  type CounterDatabase,
  createCounters,
  ids,
  insert,
  untilAllReturned,
  valueOf,
} from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PLACES_FOR_LONG } from '../support/places.ts'
import { RawLock } from '../support/raw-lock.ts'

function compiledRead(db: Kysely<CounterDatabase>): CompiledQuery {
  return db.selectFrom('counter').select('id').compile()
}

/** Long enough that the next statement waits for a turn of the event loop before it returns. */
function blockFor(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

describe.each(PLACES_FOR_LONG)('%s', (place) => {
  test('a plugin that does not await its statement leaves the next query a session of its own', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    const query = compiledRead(db)
    let left: Promise<unknown> | undefined
    await db.getExecutor().provideConnection(async (handle) => {
      left = failureOf(handle.executeQuery(query))
    })
    if (place.poolclass === 'AssertionPool') await left
    await createCounters(db)
    expect(await valueOf(db)).toBe(0)
    expect(await left).toBeInstanceOf(ReleasedError)
    await untilAllReturned(dialect)
  })

  test.skipIf(place.poolclass === 'AssertionPool')(
    'each of two reads at once of a plugin is told with the connection that it ran on',
    async () => {
      const { db, dialect } = open<CounterDatabase>(place.config())
      await createCounters(db)
      await Promise.all([2, 3].map((id) => db.connection().execute((connection) => insert(connection, id))))
      const other = CompiledQuery.raw('select 1')
      await db.executeQuery(other)
      const messages = messagesOf<QueryMessage>('tracing:poolclass:query:asyncEnd')
      await ids(db)
      const lent: string[] = []
      dialect.pool.on('checkout', (connection: Connection) => void lent.push(connection.label))
      await delay(20)
      await db.executeQuery(other)
      messages.length = lent.length = 0
      const query = compiledRead(db)
      await db.getExecutor().provideConnection(async (handle) => {
        blockFor(20)
        await Promise.all([handle.executeQuery(query), handle.executeQuery(other)])
      })
      const told = new Map(messages.map((message) => [message.sql, message.connection]))
      expect([told.get(query.sql), told.get(other.sql)]).toEqual(lent)
    },
  )
})

describe.each(PLACES_FOR_LONG.filter(({ kind }) => kind === 'file'))('%s', (place) => {
  test('what a listener began before a select is committed behind it, however long a reader delays that', async () => {
    const config = { ...place.config({ poolResetOnReturn: 'commit' }), pragmas: {} }
    const { db, dialect } = open<CounterDatabase>(config)
    await createCounters(db)
    expect(await valueOf(db)).toBe(0)
    const reader = new RawLock(String(config.url), 'begin; select count(*) from counter')
    dialect.pool.once('checkout', async (connection: Connection) => {
      await connection.execute('begin', [])
      await connection.execute('insert into counter values (2, 0)', [])
    })
    let isBack = false
    const reading = valueOf(db).finally(() => (isBack = true))
    await delay(100)
    expect(isBack).toBe(false)
    reader.release()
    await reading
    expect(await ids(db)).toEqual([1, 2])
  })
})
