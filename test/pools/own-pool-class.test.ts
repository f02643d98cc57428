/* oxlint-disable no-await-in-loop -- one after the other is the point */
import {
  type ConnectionRecord,
  type Creator,
  Pool,
  type PoolableConnection,
  type PoolClass,
  PoolOptionError,
  type PoolOptions,
  StaticPool,
} from '@poolclass/pools'
import { expect, test } from 'vitest'
import { FakeServer } from './fake-connection.ts'

/** Two connections that take turns. */
class TwinPool<C extends PoolableConnection> extends Pool<C> {
  static override readonly takes: readonly string[] = [...Pool.takes, 'poolTimeout', 'startWith']

  readonly capacity = 2
  #idle: ConnectionRecord<C>[] = []

  constructor(creator: Creator<C>, options?: PoolOptions) {
    super(creator, options)
    this.clear()
  }

  protected override get size(): number {
    return 2
  }

  protected override lend(): ConnectionRecord<C> | undefined {
    return this.#idle.shift()
  }

  protected override takeBack(record: ConnectionRecord<C>): void {
    this.#idle.push(record)
  }

  protected override clear(): void {
    this.#idle = [this.createRecord(), this.createRecord()]
  }
}

const asPoolClass: PoolClass = TwinPool

test('a pool class of the user’s own is a pool class like any other', async () => {
  const server = new FakeServer()
  const pool = new asPoolClass(server.connect, { poolRecycle: 1000 })
  const lent: number[] = []
  for (let times = 0; times < 4; times++) {
    await using pooled = await pool.connect()
    lent.push(pooled.connection.id)
  }
  expect(lent).toEqual([1, 2, 1, 2])
  expect(String(pool.status())).toBe(
    'TwinPool size: 2, idle: 2, checked out: 0, overflow: 0, waiting: 0, opened: 2, closed: 0',
  )
  expect(pool.recreate()).toBeInstanceOf(TwinPool)
  await pool.dispose()
  expect(server.open).toHaveLength(0)
})

test('a pool class of the user’s own says itself which options it takes', () => {
  const { connect } = new FakeServer()
  expect(() => new TwinPool(connect, { poolSize: 2 })).toThrow(PoolOptionError)
  const options: object = { startWith: 'left' }
  expect(new TwinPool(connect, options)).toBeInstanceOf(Pool)
})

test('a lend that throws rejects the checkout whose turn it was, and the next one gets the connection', async () => {
  class Moody<C extends PoolableConnection> extends StaticPool<C> {
    inTheMood = true
    protected override lend(): ConnectionRecord<C> | undefined {
      const lent = super.lend()
      if (lent === undefined || this.inTheMood) return lent
      this.inTheMood = true
      this.takeBack(lent)
      throw new Error('not in the mood')
    }
  }
  const pool = new Moody(new FakeServer().connect)
  const held = await pool.connect()
  const [first, second] = [pool.connect(), pool.connect()]
  pool.inTheMood = false
  await held.close()
  await expect(first).rejects.toThrow('not in the mood')
  await expect(second).resolves.toBeDefined()
  expect(pool.status()).toMatchObject({ checkedOut: 1, waiting: 0 })
})

test('a pool class that lends what is no slot of its pool is told so', async () => {
  class Forger<C extends PoolableConnection> extends StaticPool<C> {
    protected override lend(): ConnectionRecord<C> {
      return { connection: undefined, holder: undefined }
    }
  }
  const pool = new Forger(new FakeServer().connect)
  await expect(pool.connect()).rejects.toThrow('createRecord() had not made')
})
