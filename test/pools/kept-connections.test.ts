/* oxlint-disable no-await-in-loop -- one after the other is the point */
import {
  AssertionPool,
  type Creator,
  GenericPool,
  type Pool,
  type PoolableConnection,
  type PoolListener,
  type PoolOptions,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type FakeConnection, FakeServer } from './fake-connection.ts'

async function useOnce(pool: Pool<FakeConnection>): Promise<number> {
  await using pooled = await pool.connect()
  return pooled.connection.id
}

/** A GenericPool that closes nothing for being idle. */
class LastingPool<C extends PoolableConnection> extends GenericPool<C> {
  constructor(creator: Creator<C>, options?: PoolOptions) {
    super(creator, { ...options, evictionRunIntervalMillis: 0 })
  }
}

describe.each([SingletonThreadPool, StaticPool, QueuePool, LastingPool, AssertionPool])(
  'A connection kept by %o',
  (PoolClass) => {
    let server: FakeServer

    beforeEach(() => {
      server = new FakeServer()
      vi.useFakeTimers()
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    test('is kept for ever by default', async () => {
      const pool = new PoolClass(server.connect)
      expect(await useOnce(pool)).toBe(1)
      await vi.advanceTimersByTimeAsync(1e9)
      expect(await useOnce(pool)).toBe(1)
      expect(vi.getTimerCount()).toBe(0)
    })

    test('is replaced when it is older than poolRecycle', async () => {
      const pool = new PoolClass(server.connect, { poolRecycle: 1000 })
      expect(await useOnce(pool)).toBe(1)
      await vi.advanceTimersByTimeAsync(1000)
      expect(await useOnce(pool)).toBe(1)
      await vi.advanceTimersByTimeAsync(1)
      expect(await useOnce(pool)).toBe(2)
      await vi.advanceTimersByTimeAsync(1000)
      expect(await useOnce(pool)).toBe(2)
      expect(server.open.map(({ id }) => id)).toEqual([2])
    })

    test('is replaced as soon as it has any age with a poolRecycle of 0', async () => {
      const pool = new PoolClass(server.connect, { poolRecycle: 0 })
      expect(await useOnce(pool)).toBe(1)
      await vi.advanceTimersByTimeAsync(1)
      expect(await useOnce(pool)).toBe(2)
    })

    test('is replaced when it has come to an end on its own', async () => {
      const pool = new PoolClass(() => {
        const connection = server.connect()
        return Object.defineProperty(connection, 'closed', { get: () => !connection.isOpen })
      })
      const invalidated = vi.fn<PoolListener<FakeConnection, 'invalidate'>>()
      pool.on('invalidate', invalidated)
      expect(await useOnce(pool)).toBe(1)
      expect(await useOnce(pool)).toBe(1)
      server.connections[0]!.isOpen = false
      expect(await useOnce(pool)).toBe(2)
      expect(await useOnce(pool)).toBe(2)
      expect(invalidated).toHaveBeenCalledExactlyOnceWith(server.connections[0], { pool, error: undefined })
      expect(pool.status()).toMatchObject({ opened: 2, closed: 1 })
    })

    test('is not pinged where that is not asked for', async () => {
      const pool = new PoolClass(server.connect, { poolResetOnReturn: null }).on('checkout', () => {})
      for (let times = 0; times < 3; times++) await useOnce(pool)
      expect(server.connections.map(({ calls }) => calls)).toEqual([[]])
    })

    test('is pinged at each checkout but the first, where that is asked for', async () => {
      const pool = new PoolClass(server.connect, { poolPrePing: true, poolResetOnReturn: null })
      for (let times = 0; times < 3; times++) await useOnce(pool)
      expect(server.connections.map(({ calls }) => calls)).toEqual([['ping', 'ping']])
    })

    test('is replaced when its ping fails', async () => {
      const pool = new PoolClass(server.connect, { poolPrePing: true })
      const invalidated = vi.fn<PoolListener<FakeConnection, 'invalidate'>>()
      pool.on('invalidate', invalidated)
      await useOnce(pool)
      server.connections[0]?.failing.add('ping')
      expect(await useOnce(pool)).toBe(2)
      expect(server.connections[0]?.isOpen).toBe(false)
      const error = expect.objectContaining({ message: 'ping of connection 1 failed' })
      expect(invalidated).toHaveBeenCalledExactlyOnceWith(server.connections[0], { pool, error })
    })

    test('that knows no ping is taken to live', async () => {
      const pool = new PoolClass(() => ({ close() {} }), { poolPrePing: true })
      const { connection } = await pool.connect().then(async (pooled) => {
        const seen = { connection: pooled.connection }
        await pooled.close()
        return seen
      })
      expect((await pool.connect()).connection).toBe(connection)
    })
  },
)
