import { sql } from 'kysely'
import { join } from 'node:path'
import {
  type ConnectionRecord,
  type PoolableConnection,
  type QueryMessage,
  QueuePool,
} from '@poolclass/dialect'
import { describe, expect, test } from 'vitest'
import { messagesOf } from '../support/channels.ts'
import { type CounterDatabase, createCounters, valueOf } from '../support/counters.ts'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('eight reads at once on a warm QueuePool end in the order in which they were asked', async () => {
  const { db, dialect } = open({ url: join(temporaryDirectory(), 'app.db'), poolclass: 'QueuePool' })
  async function readings(): Promise<number[]> {
    const ended: number[] = []
    await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map(async (number) => {
        await sql`select ${number}`.execute(db)
        ended.push(number)
      }),
    )
    return ended
  }
  await readings()
  expect(dialect.pool.status()).toMatchObject({ opened: 8, idle: 8 })
  expect(await readings()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(await readings()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

describe.each(['QueuePool', 'GenericPool'] as const)('%s', (poolclass) => {
  test.each([false, true])('reads at once need no second connection (observed: %s)', async (observed) => {
    const messages = observed ? messagesOf<QueryMessage>('tracing:poolclass:query:asyncEnd') : undefined
    const { db, dialect } = open<CounterDatabase>({ url: join(temporaryDirectory(), 'app.db'), poolclass })
    await createCounters(db, 20)
    const numbers = [...Array(20).keys()]
    await valueOf(db)
    await sql`select ${0}`.execute(db)
    await Promise.all(numbers.map((n) => valueOf(db, n + 1)))
    await Promise.all(numbers.map((n) => sql`select ${n}`.execute(db)))
    expect(dialect.pool.status()).toMatchObject({ opened: 1, idle: 1 })
    if (messages === undefined) return
    expect(messages.length).toBeGreaterThan(40)
    expect(new Set(messages.map(({ connection }) => connection)).size).toBe(1)
  })
})

test('two reads at once on an AssertionPool are one too many', async () => {
  const { db } = open<CounterDatabase>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'AssertionPool',
  })
  await createCounters(db)
  await valueOf(db)
  const reads = await Promise.allSettled([valueOf(db), valueOf(db)])
  expect(reads.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
})

test('a pool class of a user sees both of two reads at once, and a release that fails fails the read', async () => {
  let out = 0
  let most = 0
  let refusal: Error | undefined
  class WatchedPool<C extends PoolableConnection> extends QueuePool<C> {
    protected override lend(): ConnectionRecord<C> | undefined {
      out += 1
      most = Math.max(most, out)
      return super.lend()
    }

    protected override takeBack(record: ConnectionRecord<C>): void | Promise<void> {
      out -= 1
      return refusal === undefined ? super.takeBack(record) : Promise.reject(refusal)
    }
  }
  const { db } = open<CounterDatabase>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: WatchedPool,
  })
  await createCounters(db)
  await valueOf(db)
  most = 0
  await Promise.all([valueOf(db), valueOf(db)])
  expect(most).toBe(2)
  refusal = new Error('full')
  await expect(valueOf(db)).rejects.toThrow('full')
  refusal = undefined
})
