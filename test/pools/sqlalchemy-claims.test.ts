import {
  AssertionPool,
  ConnectionClosedError,
  GenericPool,
  NullPool,
  type Pool,
  type PooledConnection,
  type PoolEventName,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { beforeEach, describe, expect, test } from 'vitest'
import { silencedWarnings } from '../support/warnings.ts'
import { FakeConnection, FakeServer, SlowFakeConnection } from './fake-connection.ts'

const warnings = silencedWarnings()

/** Each event that the pool tells, with the number of its connection. */
function eventsOf(pool: Pool<FakeConnection>, names: readonly PoolEventName[]): string[] {
  const heard: string[] = []
  for (const name of names) pool.on(name, ({ id }) => void heard.push(`${name} ${id}`))
  return heard
}

const CLASSES = [SingletonThreadPool, StaticPool, NullPool, QueuePool, GenericPool, AssertionPool]

describe.each(CLASSES)('%o', (PoolClass) => {
  let server: FakeServer
  let pool: Pool<FakeConnection>

  beforeEach(() => {
    server = new FakeServer()
    pool = new PoolClass(server.connect)
  })

  test('tells a checkin for a checkout that was invalidated hard, once its connection is closed', async () => {
    const heard = eventsOf(pool, ['checkout', 'reset', 'invalidate', 'close', 'checkin'])
    const pooled = await pool.connect()
    await pooled.invalidate(new Error('broken pipe'))
    await pooled.close()
    expect(heard).toEqual(['checkout 1', 'invalidate 1', 'close 1', 'checkin 1'])
    expect(warnings).toEqual([])
  })

  test.each([
    ['throws', FakeConnection],
    ['rejects', SlowFakeConnection],
  ])('tells a checkin for a checkout whose reset %s, once its connection is closed', async (_how, Kind) => {
    server = new FakeServer(Kind)
    pool = new PoolClass(server.connect)
    const heard = eventsOf(pool, ['checkout', 'reset', 'invalidate', 'close', 'checkin'])
    const pooled = await pool.connect()
    pooled.connection.failing.add('rollback')
    await pooled.close()
    expect(heard).toEqual(['checkout 1', 'reset 1', 'invalidate 1', 'close 1', 'checkin 1'])
  })

  test('frees the slot of a connection that is invalidated hard at once, and a later close does nothing', async () => {
    const broken = await pool.connect()
    await broken.invalidate(new Error('broken pipe'))
    expect(pool.status()).toMatchObject({ checkedOut: 0, opened: 1, closed: 1 })
    const next = await pool.connect()
    expect(next.connection).toBe(server.connections[1])
    await broken.close()
    await broken.close()
    expect(next.connection.isOpen).toBe(true)
    expect(pool.status()).toMatchObject({ checkedOut: 1, opened: 2, closed: 1 })
    expect(() => broken.connection).toThrow(ConnectionClosedError)
    await broken.invalidate()
    expect(next.connection.isOpen).toBe(true)
    expect(() => broken.detach()).toThrow(ConnectionClosedError)
  })

  test('gives a slot back once that is closed while its connection is being invalidated', async () => {
    server = new FakeServer(SlowFakeConnection)
    pool = new PoolClass(server.connect)
    const heard = eventsOf(pool, ['checkin'])
    const pooled = await pool.connect()
    const invalidating = pooled.invalidate()
    await pooled.close()
    await pooled.invalidate()
    await invalidating
    expect(server.connections[0]!.calls).toEqual(['close'])
    expect(heard).toEqual(['checkin 1'])
    const next = await pool.connect()
    expect(pool.status()).toMatchObject({ checkedOut: 1, opened: 2, closed: 1 })
    await next.close()
  })

  test.each([FakeConnection, SlowFakeConnection])(
    'resets a detached connection before it closes it (%o)',
    async (Kind) => {
      server = new FakeServer(Kind)
      pool = new PoolClass(server.connect)
      const heard = eventsOf(pool, ['detach', 'reset', 'checkin', 'closeDetached', 'close'])
      const pooled = await pool.connect()
      const connection = pooled.detach()
      connection.inTransaction = true
      await pooled.close()
      expect(connection.calls).toEqual(['rollback', 'close'])
      expect(heard).toEqual(['detach 1', 'reset 1', 'closeDetached 1'])
    },
  )

  test('commits what is open on a detached connection where poolResetOnReturn says so', async () => {
    pool = new PoolClass(server.connect, { poolResetOnReturn: 'commit' })
    const pooled = await pool.connect()
    pooled.detach()
    await pooled.close()
    expect(server.connections[0]!.calls).toEqual(['commit', 'close'])
  })

  test('closes a detached connection all the same when its reset fails, and warns', async () => {
    const pooled = await pool.connect()
    const connection = pooled.detach()
    connection.failing.add('rollback')
    await pooled.close()
    expect(connection.isOpen).toBe(false)
    expect(warnings).toEqual([
      expect.stringMatching(new RegExp(`^${PoolClass.name}: .*detached.*rollback of connection 1 failed$`)),
    ])
  })

  test('closes a detached connection that is invalidated hard without asking anything more of it', async () => {
    const pooled = await pool.connect()
    const connection = pooled.detach()
    await pooled.invalidate(new Error('broken pipe'))
    expect(connection.calls).toEqual(['close'])
  })

  test.each([
    [true, ['rollback']],
    [false, []],
  ])('takes poolResetOnReturn: %s as SQLAlchemy does', async (poolResetOnReturn, calls) => {
    pool = new PoolClass(server.connect, { poolResetOnReturn })
    await (await pool.connect()).close()
    expect(server.connections[0]!.calls.filter((call) => call !== 'close')).toEqual(calls)
  })
})

describe.each([
  [SingletonThreadPool, {}],
  [StaticPool, {}],
  [QueuePool, { poolSize: 1, maxOverflow: 0 }],
  [GenericPool, { max: 1 }],
])('%o of one', (PoolClass, options) => {
  test('gives the slot of a connection that is invalidated hard to the next in line', async () => {
    const server = new FakeServer(SlowFakeConnection)
    const pool = new PoolClass(server.connect, { ...options, poolTimeout: 1000 })
    const broken = await pool.connect()
    const waiting = pool.connect()
    await broken.invalidate()
    const next = await waiting
    expect(next.connection).toBe(server.connections[1])
    expect(server.open).toEqual([next.connection])
    await broken.close()
    expect(pool.status()).toMatchObject({ checkedOut: 1, waiting: 0, opened: 2, closed: 1 })
  })
})

describe('A QueuePool with poolPrePing', () => {
  let server: FakeServer
  /** Lets the slow pings answer, by the number of the connection. */
  let answer: Map<number, () => void>

  beforeEach(() => {
    server = new FakeServer()
    answer = new Map()
  })

  /** A pool with so many idle connections, of which some take their time to answer a ping. */
  async function poolOf(count: number, slow: readonly number[]): Promise<QueuePool<FakeConnection>> {
    const pool = new QueuePool(
      () => {
        const connection = server.connect()
        if (!slow.includes(connection.id)) return connection
        const { promise, resolve } = Promise.withResolvers<void>()
        answer.set(connection.id, resolve)
        return Object.assign(connection, {
          ping: () => promise.then(() => FakeConnection.prototype.ping.call(connection)),
        })
      },
      { poolPrePing: true, poolUseLifo: false },
    )
    await giveBack(await take(pool, count))
    return pool
  }

  function kill(...ids: number[]): void {
    for (const id of ids) server.connections[id - 1]!.failing.add('ping')
  }

  test('opens two connections for two that died, whichever ping fails first', async () => {
    const pool = await poolOf(2, [1, 2])
    kill(1, 2)
    const [first, second] = [pool.connect(), pool.connect()]
    answer.get(1)!()
    expect((await first).connection.id).toBe(3)
    answer.get(2)!()
    expect((await second).connection.id).toBe(4)
    await giveBack(await Promise.all([first, second]))
    const again = await take(pool, 2)
    expect(again.map(({ connection }) => connection.id)).toEqual([3, 4])
    expect(pool.status()).toMatchObject({ opened: 4, closed: 2 })
  })

  test('still suspects what a later ping has made suspect when an earlier one fails last', async () => {
    const pool = await poolOf(3, [1])
    const slow = pool.connect()
    await giveBack(await take(pool, 3))
    kill(1, 2)
    expect((await pool.connect()).connection.id).toBe(5)
    answer.get(1)!()
    expect((await slow).connection.id).toBe(6)
    const others = await take(pool, 2)
    expect(others.map(({ connection }) => connection.id)).toEqual([7, 8])
    expect(server.connections[3]!.calls).not.toContain('ping')
  })

  test('does not ping the connection that replaces a dead one, as it pings no other new one', async () => {
    const pool = await poolOf(1, [])
    kill(1)
    const pooled = await pool.connect()
    expect(pooled.connection.id).toBe(2)
    expect(pooled.connection.calls).toEqual([])
  })
})

function take(pool: QueuePool<FakeConnection>, count: number): Promise<PooledConnection<FakeConnection>[]> {
  return Promise.all(Array.from({ length: count }, () => pool.connect()))
}

async function giveBack(out: readonly PooledConnection<FakeConnection>[]): Promise<void> {
  await Promise.all(out.map((pooled) => pooled.close()))
}
