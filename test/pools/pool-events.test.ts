import {
  AssertionPool,
  DisconnectionError,
  GenericPool,
  NullPool,
  Pool,
  type PoolEventName,
  type PoolListener,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { FakeConnection, FakeServer, SlowFakeConnection, tick } from './fake-connection.ts'

type AnyListener = () => void

/** Listens to all pools of a class until the test ends. */
function listenToAll(poolclass: typeof Pool, event: PoolEventName, listener: AnyListener): void {
  poolclass.on(event, listener)
  onTestFinished(() => void poolclass.off(event, listener))
}

function refuse(): never {
  throw new DisconnectionError('the file is missing')
}

/** What the reset listeners of a pool are told. */
async function reasons(
  pool: Pool<FakeConnection>,
  use: (pool: Pool<FakeConnection>) => Promise<void>,
): Promise<unknown[]> {
  const told: unknown[] = []
  pool.on('reset', (_, { reason, terminateOnly }) => void told.push([reason, terminateOnly]))
  await use(pool)
  return told
}

let server: FakeServer

beforeEach(() => {
  server = new FakeServer()
})

describe.each([SingletonThreadPool, StaticPool, NullPool, QueuePool, GenericPool, AssertionPool])(
  '%o',
  (PoolClass) => {
    const keeps = PoolClass !== NullPool

    describe('listeners', () => {
      test('of a class hear all its pools, those that there are and those to come', async () => {
        const before = new PoolClass(server.connect)
        const heard = vi.fn<(connection: object, details: { pool: unknown }) => void>()
        PoolClass.on('checkout', heard)
        onTestFinished(() => void PoolClass.off('checkout', heard))
        const after = new PoolClass(server.connect)
        for (const pool of [before, after]) await (await pool.connect()).close()
        expect(heard.mock.calls.map(([, details]) => details.pool)).toEqual([before, after])
        PoolClass.off('checkout', heard)
        await (await after.connect()).close()
        expect(heard).toHaveBeenCalledTimes(2)
      })

      test('of the base class come first, then those of the class, then those of the pool', async () => {
        const heard: string[] = []
        const pool = new PoolClass(server.connect).on('connect', () => void heard.push('pool'))
        listenToAll(PoolClass, 'connect', () => void heard.push('class'))
        listenToAll(Pool, 'connect', () => void heard.push('Pool'))
        await pool.connect()
        expect(heard).toEqual(['Pool', 'class', 'pool'])
      })

      test('that are put on by once hear one event, also where several come at the same time', async () => {
        const heard = vi.fn<AnyListener>()
        const pool = new PoolClass(server.connect).once('checkin', heard)
        for (let index = 0; index < 3; index += 1) await (await pool.connect()).close()
        expect(heard).toHaveBeenCalledTimes(1)
        pool.once('checkin', heard).off('checkin', heard)
        await (await pool.connect()).close()
        expect(heard).toHaveBeenCalledTimes(1)
      })

      test('of a class by once hear one event of any of its pools', async () => {
        const heard = vi.fn<AnyListener>()
        PoolClass.once('connect', heard)
        await Promise.all([new PoolClass(server.connect).connect(), new PoolClass(server.connect).connect()])
        expect(heard).toHaveBeenCalledTimes(1)
      })

      test('are given with the options, and recreate() keeps each of them once', async () => {
        const one = vi.fn<AnyListener>()
        const other = vi.fn<AnyListener>()
        const pool = new PoolClass(server.connect, { poolEvents: { connect: one, checkout: [one, other] } })
        await (await pool.connect()).close()
        expect([one.mock.calls.length, other.mock.calls.length]).toEqual([2, 1])
        await (await pool.recreate().connect()).close()
        expect([one.mock.calls.length, other.mock.calls.length]).toEqual([4, 2])
      })
    })

    describe('a checkout listener', () => {
      test('gets the checkout, and notes on its connection that live as long as that does', async () => {
        const seen: unknown[] = []
        const pool = new PoolClass(server.connect)
          .on('connect', (connection, { info }) => void (info['opened'] = connection.id))
          .on('checkout', (connection, { checkout, info }) => {
            seen.push(checkout.connection === connection, info['opened'], info === checkout.info)
          })
        const pooled = await pool.connect()
        pooled.info['by'] = 'me'
        await pooled.close()
        expect(seen).toEqual([true, 1, true])
        expect(() => pooled.info).toThrow('was closed')
        const next = await pool.connect()
        expect(next.info).toEqual(keeps ? { opened: 1, by: 'me' } : { opened: 2 })
      })

      test('asks for another connection by a DisconnectionError', async () => {
        const pool = new PoolClass(server.connect)
        const invalidated = vi.fn<PoolListener<FakeConnection, 'invalidate'>>()
        pool.on('invalidate', invalidated)
        const refusal = new DisconnectionError('the file was replaced')
        pool.on('checkout', ({ id }) => {
          if (id === 1) throw refusal
        })
        const pooled = await pool.connect()
        expect(pooled.connection.id).toBe(2)
        expect(server.open).toEqual([pooled.connection])
        expect(invalidated).toHaveBeenCalledExactlyOnceWith(server.connections[0], { pool, error: refusal })
        await pooled.close()
        expect(pool.status()).toMatchObject({ checkedOut: 0, idle: keeps ? 1 : 0 })
      })

      test('that refuses the new connection too fails the checkout, and gives the slot back', async () => {
        const pool = new PoolClass(server.connect)
        pool.on('checkout', refuse)
        await expect(pool.connect()).rejects.toMatchObject({
          name: 'DisconnectionError',
          code: 'POOL_DISCONNECTION',
          message: 'the file is missing',
        })
        expect(server.connections).toHaveLength(2)
        expect(server.open).toEqual([])
        pool.off('checkout', refuse)
        expect((await pool.connect()).connection.id).toBe(3)
      })

      test('that asks for another one hears as many check-ins as checkouts', async () => {
        const heard: string[] = []
        const pool = new PoolClass(server.connect)
          .on('checkout', () => void heard.push('checkout'))
          .on('checkin', () => void heard.push('checkin'))
          .on('checkout', ({ id }) => {
            if (id === 1) throw new DisconnectionError('too old')
          })
        await (await pool.connect()).close()
        expect(heard).toEqual(['checkout', 'checkin', 'checkout', 'checkin'])
      })
    })

    describe('a reset listener learns why:', () => {
      test('a checkout was closed', async () => {
        expect(
          await reasons(new PoolClass(server.connect), async (pool) => (await pool.connect()).close()),
        ).toEqual([['close', false]])
      })

      test('a detached connection is closed', async () => {
        const told = await reasons(new PoolClass(server.connect), async (pool) => {
          const pooled = await pool.connect()
          pooled.detach()
          await pooled.close()
        })
        expect(told).toEqual([['detached', true]])
      })
    })

    test('a checkout says whether it is valid, and whether it is detached', async () => {
      const pool = new PoolClass(server.connect)
      const states: boolean[][] = []
      const note = ({ isValid, isDetached }: { isValid: boolean; isDetached: boolean }): void =>
        void states.push([isValid, isDetached])
      const closed = await pool.connect()
      note(closed)
      await closed.close()
      note(closed)
      const invalidated = await pool.connect()
      await invalidated.invalidate()
      note(invalidated)
      const detached = await pool.connect()
      detached.detach()
      note(detached)
      await detached.close()
      note(detached)
      expect(states).toEqual([
        [true, false],
        [false, false],
        [false, false],
        [true, true],
        [false, false],
      ])
    })

    test('the name of a pool is in its status, its errors and its warnings', async () => {
      const pool = new PoolClass(server.connect, { poolName: 'orders' })
      expect(pool.name).toBe('orders')
      expect(pool.status()).toMatchObject({ poolclass: PoolClass.name, name: 'orders' })
      expect(String(pool.status())).toMatch(new RegExp(`^${PoolClass.name} 'orders' size: `))
      expect(pool.recreate().name).toBe('orders')
      expect(new PoolClass(server.connect).status()).not.toHaveProperty('name')
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      const pooled = await pool.connect()
      pooled.connection.failing.add('rollback')
      await pooled.close()
      const warnings = warned.mock.calls.map(String)
      expect(warnings).toContainEqual(
        expect.stringMatching(new RegExp(`^${PoolClass.name} 'orders': resetting a connection`)),
      )
    })

    test('invalidate() replaces each connection that is open, at its next checkout, and no later one', async () => {
      const pool = new PoolClass(server.connect)
      const out = await pool.connect()
      pool.invalidate()
      expect(out.connection.isOpen).toBe(true)
      await out.close()
      const next = await pool.connect()
      expect(next.connection.id).toBe(2)
      expect(server.open).toEqual([next.connection])
      await next.close()
      expect((await pool.connect()).connection.id).toBe(keeps ? 2 : 3)
    })

    test('a close() that hangs keeps neither invalidate() nor the next borrower waiting for ever', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      onTestFinished(() => void vi.useRealTimers())
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      class Hanging extends FakeConnection {
        override close(): Promise<void> {
          return new Promise(() => {})
        }
      }
      server = new FakeServer(Hanging as typeof FakeConnection)
      const pool = new PoolClass(server.connect, { poolName: 'hanging' })
      const pooled = await pool.connect()
      const timers = vi.getTimerCount()
      let isOver = false
      const invalidating = pooled.invalidate().then(() => (isOver = true))
      await vi.advanceTimersByTimeAsync(4900)
      expect(isOver).toBe(false)
      await vi.advanceTimersByTimeAsync(200)
      await invalidating
      expect(warned.mock.calls.map(String).find((warning) => warning.includes('hanging'))).toMatch(
        /'hanging': closing an invalidated connection: its close\(\) takes longer than 5000 ms/,
      )
      expect((await pool.connect()).connection.id).toBe(2)
      expect(vi.getTimerCount()).toBe(timers)
    })

    test('a close() that takes a while is awaited by invalidate(), which leaves no timer behind', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      onTestFinished(() => void vi.useRealTimers())
      server = new FakeServer(SlowFakeConnection)
      const pool = new PoolClass(server.connect)
      const pooled = await pool.connect()
      const { connection } = pooled
      const timers = vi.getTimerCount()
      await pooled.invalidate()
      expect(connection.isOpen).toBe(false)
      expect(vi.getTimerCount()).toBe(timers)
    })
  },
)

test('a DisconnectionError with invalidatePool replaces the other connections too', async () => {
  const pool = new QueuePool(server.connect, { poolSize: 3 })
  const out = [await pool.connect(), await pool.connect(), await pool.connect()]
  for (const pooled of out) await pooled.close()
  pool.once('checkout', () => {
    throw new DisconnectionError('the file was replaced', { invalidatePool: true })
  })
  const ids: number[] = []
  for (const pooled of [await pool.connect(), await pool.connect(), await pool.connect()])
    ids.push(pooled.connection.id)
  expect(ids).toEqual([4, 5, 6])
})

test('the counts of status() are those of the slots, whatever happens to them', async () => {
  const pool = new QueuePool(server.connect, { poolSize: 2, maxOverflow: 2, poolTimeout: 0 })
  const counts = (): number[] => {
    const { idle, checkedOut, overflow } = pool.status()
    return [idle, checkedOut, overflow]
  }
  const [a, b, c] = [await pool.connect(), await pool.connect(), await pool.connect()]
  expect(counts()).toEqual([0, 3, 1])
  await a.close()
  expect(counts()).toEqual([1, 2, 1])
  b.detach()
  expect(counts()).toEqual([1, 1, 0])
  await b.close()
  await c.invalidate()
  expect(counts()).toEqual([1, 0, 0])
  const controller = new AbortController()
  const aborted = pool.connect({ signal: controller.signal })
  await (await aborted).close()
  const opening = pool.connect()
  expect(counts()).toEqual([0, 1, 0])
  await pool.dispose()
  expect(counts()).toEqual([0, 1, 0])
  await (await opening).close()
  await tick()
  expect(counts()).toEqual([0, 0, 0])
  expect(server.open).toEqual([])
})
