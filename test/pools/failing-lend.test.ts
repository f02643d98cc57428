import { type ConnectionRecord, Pool, type PoolableConnection } from '@poolclass/pools'
import { expect, test } from 'vitest'
import { FakeServer } from './fake-connection.ts'

/** One connection, and no other once the key is lost. */
class KeyedPool<C extends PoolableConnection> extends Pool<C> {
  readonly capacity = 1
  isKeyLost = false
  #isOut = false

  protected override lend(): ConnectionRecord<C> | undefined {
    if (this.#isOut) return undefined
    if (this.isKeyLost) throw new Error('the key is lost')
    this.#isOut = true
    return this.createRecord()
  }

  protected override takeBack(record: ConnectionRecord<C>): void | Promise<void> {
    this.#isOut = false
    return this.discard(record)
  }

  protected override clear(): void {
    this.#isOut = false
  }
}

test('a lend that throws when a connection comes back rejects all who wait, and the pool can be used again', async () => {
  const pool = new KeyedPool(new FakeServer().connect)
  const held = await pool.connect()
  const waiting = [pool.connect(), pool.connect()]
  const settled = Promise.allSettled(waiting)
  pool.isKeyLost = true
  await held.close()
  const outcomes = await settled
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && String(outcome.reason))).toEqual([
    'Error: the key is lost',
    'Error: the key is lost',
  ])
  expect(pool.status()).toMatchObject({ checkedOut: 0, waiting: 0 })
  pool.isKeyLost = false
  const next = await pool.connect()
  expect(next.connection.isOpen).toBe(true)
  await next.close()
})
