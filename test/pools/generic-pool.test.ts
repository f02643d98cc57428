/* oxlint-disable no-await-in-loop -- one after the other is the point */
import { GenericPool, type PooledConnection, PoolOptionError, PoolTimeoutError } from '@poolclass/pools'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { resultOf } from '../support/script-process.ts'
import { FakeConnection, FakeServer, SlowFakeConnection, tick } from './fake-connection.ts'

let server: FakeServer

beforeEach(() => {
  server = new FakeServer()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function take(pool: GenericPool<FakeConnection>, count: number): Promise<PooledConnection<FakeConnection>[]> {
  return Promise.all(Array.from({ length: count }, () => pool.connect()))
}

async function giveBack(out: readonly PooledConnection<FakeConnection>[]): Promise<void> {
  await Promise.all(out.map((pooled) => pooled.close()))
}

/** Time passes, and with it the evictor's. */
function useClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
}

describe('A GenericPool', () => {
  test('lends ten connections by default, keeps none of them for ever, and says so', async () => {
    useClock()
    const pool = new GenericPool(server.connect)
    expect(pool.capacity).toBe(10)
    const out = await take(pool, 10)
    expect(String(pool.status())).toBe(
      'GenericPool size: 10, idle: 0, checked out: 10, overflow: 0, waiting: 0, opened: 10, closed: 0',
    )
    await giveBack(out)
    await vi.advanceTimersByTimeAsync(29_000)
    expect(pool.status()).toMatchObject({ idle: 10, closed: 0 })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(pool.status()).toMatchObject({ idle: 0, opened: 10, closed: 10 })
  })

  test('loads generic-pool with the first checkout, and serves those that come meanwhile in their order', async () => {
    vi.resetModules()
    const pools = await import('@poolclass/pools')
    const pool = new pools.GenericPool(server.connect, { max: 1, poolTimeout: 20_000 })
    const order: number[] = []
    const leaving = new AbortController()
    const takeAs = async (number: number, signal?: AbortSignal): Promise<void> => {
      await using _ = await pool.connect({ signal })
      order.push(number)
    }
    const taken = Promise.allSettled([takeAs(1), takeAs(2, leaving.signal), takeAs(3)])
    leaving.abort()
    expect((await taken).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(order).toEqual([1, 3])
    expect(pool.status()).toMatchObject({ checkedOut: 0, waiting: 0, opened: 1 })
  })

  test('grows to max and no further, and those who come then wait in line', async () => {
    const pool = new GenericPool(server.connect, { max: 3, poolTimeout: 20 })
    const out = await take(pool, 3)
    const late = await pool.connect().catch((error: unknown) => error)
    expect(late).toBeInstanceOf(PoolTimeoutError)
    expect((late as Error).message).toContain('GenericPool: no connection came free within')
    const order: number[] = []
    const waiting = [1, 2, 3, 4].map(async (number) => {
      const pooled = await pool.connect()
      order.push(number)
      await pooled.close()
    })
    await giveBack(out)
    await Promise.all(waiting)
    expect(order).toEqual([1, 2, 3, 4])
    expect(server.connections).toHaveLength(3)
  })

  test('closes what has been idle for idleTimeoutMillis when the evictor runs, and nothing that is out', async () => {
    useClock()
    const pool = new GenericPool(server.connect, { idleTimeoutMillis: 100, evictionRunIntervalMillis: 10 })
    const [held, ...others] = await take(pool, 3)
    await giveBack(others)
    await vi.advanceTimersByTimeAsync(100)
    expect(pool.status()).toMatchObject({ checkedOut: 1, idle: 2 })
    await vi.advanceTimersByTimeAsync(20)
    expect(pool.status()).toMatchObject({ checkedOut: 1, idle: 0, closed: 2 })
    await vi.advanceTimersByTimeAsync(1000)
    expect(held!.connection.isOpen).toBe(true)
    expect(server.open).toEqual([held!.connection])
  })

  test('tells its listeners of what the evictor closes', async () => {
    useClock()
    const pool = new GenericPool(server.connect, { idleTimeoutMillis: 100, evictionRunIntervalMillis: 10 })
    const closed: number[] = []
    pool.on('close', ({ id }) => void closed.push(id))
    await giveBack(await take(pool, 2))
    await vi.advanceTimersByTimeAsync(200)
    expect(closed.toSorted()).toEqual([1, 2])
  })

  test('keeps connections idle for ever where evictionRunIntervalMillis is 0, with no timer', async () => {
    useClock()
    const pool = new GenericPool(server.connect, { evictionRunIntervalMillis: 0 })
    await giveBack(await take(pool, 3))
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(1e9)
    expect(pool.status()).toMatchObject({ idle: 3, closed: 0 })
  })

  test('tests numTestsPerEvictionRun connections in a run', async () => {
    useClock()
    const pool = new GenericPool(server.connect, {
      idleTimeoutMillis: 5,
      evictionRunIntervalMillis: 10,
      numTestsPerEvictionRun: 2,
    })
    await giveBack(await take(pool, 6))
    const closed: number[] = []
    for (let runs = 0; runs < 4; runs++) {
      await vi.advanceTimersByTimeAsync(10)
      closed.push(pool.status().closed)
    }
    expect(closed).toEqual([2, 4, 6, 6])
  })

  test('with softIdleTimeoutMillis shrinks to min and keeps those', async () => {
    useClock()
    const pool = new GenericPool(server.connect, {
      min: 2,
      idleTimeoutMillis: Infinity,
      softIdleTimeoutMillis: 50,
      evictionRunIntervalMillis: 10,
    })
    await giveBack(await take(pool, 5))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(pool.status()).toMatchObject({ idle: 2, opened: 5, closed: 3 })
  })

  test('lends what came back last, or without poolUseLifo what was idle longest', async () => {
    for (const [options, expected] of [
      [{}, [3, 3, 3]],
      [{ poolUseLifo: true }, [3, 3, 3]],
      [{ poolUseLifo: false }, [1, 2, 3]],
    ] as const) {
      server = new FakeServer()
      const pool = new GenericPool(server.connect, options)
      await giveBack(await take(pool, 3))
      const lent: number[] = []
      for (let times = 0; times < 3; times++) {
        await using pooled = await pool.connect()
        lent.push(pooled.connection.id)
      }
      expect(lent).toEqual(expected)
    }
  })

  describe('keeps min connections', () => {
    test('and opens nothing before the first checkout, and the others after it', async () => {
      const pool = new GenericPool(server.connect, { min: 3 })
      await tick()
      await tick()
      expect(server.connections).toHaveLength(0)
      const pooled = await pool.connect()
      expect(server.connections).toHaveLength(1)
      await tick()
      expect(pool.status()).toMatchObject({ checkedOut: 1, idle: 2, opened: 3 })
      await giveBack([pooled, ...(await take(pool, 2))])
      expect(server.connections).toHaveLength(3)
    })

    test('and opens new ones for those that the evictor closes and that are invalidated', async () => {
      useClock()
      const pool = new GenericPool(server.connect, {
        min: 2,
        idleTimeoutMillis: 100,
        evictionRunIntervalMillis: 10,
      })
      const pooled = await pool.connect()
      await tick()
      await pooled.invalidate()
      await tick()
      expect(pool.status()).toMatchObject({ idle: 2, opened: 3, closed: 1 })
      await vi.advanceTimersByTimeAsync(120)
      await tick()
      expect(pool.status()).toMatchObject({ idle: 2, opened: 5, closed: 3 })
    })

    test('and lends one that is being opened ahead to who asks meanwhile, without opening another', async () => {
      server = new FakeServer()
      const opening: (() => void)[] = []
      const pool = new GenericPool(
        async () => {
          await new Promise<void>((resolve) => opening.push(resolve))
          return server.connect()
        },
        { min: 2 },
      )
      const first = pool.connect()
      await tick()
      expect(opening).toHaveLength(2)
      const second = pool.connect()
      for (const answer of opening) answer()
      const out = await Promise.all([first, second])
      expect(opening).toHaveLength(2)
      expect(new Set(out.map(({ connection }) => connection)).size).toBe(2)
      await giveBack(out)
    })

    test('and warns when one cannot be opened ahead, and the next borrower tries again', async () => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      let fails = false
      const pool = new GenericPool(
        () => {
          if (fails) throw new Error('no database today')
          return server.connect()
        },
        { min: 2 },
      )
      const pooled = await pool.connect()
      fails = true
      await tick()
      expect(warned).toHaveBeenCalledExactlyOnceWith(
        'GenericPool: opening a connection ahead failed: no database today',
        expect.objectContaining({ type: 'PoolWarning' }),
      )
      await expect(pool.connect()).rejects.toThrow('no database today')
      fails = false
      await giveBack([pooled, await pool.connect()])
      expect(pool.status()).toMatchObject({ checkedOut: 0 })
    })

    test('and opens none ahead of a pool that was disposed of, and closes those under way', async () => {
      const early = new GenericPool(server.connect, { min: 3 })
      await giveBack([await early.connect()])
      await early.dispose()
      await tick()
      expect(server.connections).toHaveLength(1)

      const opening: (() => void)[] = []
      const late = new GenericPool(
        async () => {
          if (server.connections.length > 1) await new Promise<void>((resolve) => opening.push(resolve))
          return server.connect()
        },
        { min: 3 },
      )
      const pooled = await late.connect()
      await tick()
      expect(opening).toHaveLength(2)
      const disposing = late.dispose()
      for (const answer of opening) answer()
      await pooled.close()
      await disposing
      expect(server.open).toEqual([])
      expect(late.status()).toMatchObject({ opened: 3, closed: 3, idle: 0, checkedOut: 0 })
    })
  })

  test('never has more connections open than max, however slowly the evictor closes them', async () => {
    useClock()
    server = new FakeServer(SlowFakeConnection)
    const closing: (() => void)[] = []
    let most = 0
    const pool = new GenericPool(
      () => {
        const connection = server.connect()
        most = Math.max(most, server.open.length)
        return Object.assign(connection, {
          close: async () => {
            await new Promise<void>((resolve) => closing.push(resolve))
            FakeConnection.prototype.close.call(connection)
          },
        })
      },
      { min: 2, max: 2, idleTimeoutMillis: 10, evictionRunIntervalMillis: 5 },
    )
    await giveBack(await take(pool, 2))
    await vi.advanceTimersByTimeAsync(20)
    expect(closing).toHaveLength(2)
    const waiting = pool.connect()
    await tick()
    expect(pool.status()).toMatchObject({ waiting: 1, checkedOut: 0 })
    for (const answer of closing.splice(0)) answer()
    await giveBack([await waiting])
    await tick()
    expect(most).toBe(2)
    expect(server.open).toHaveLength(2)
  })

  test('rejects each checkout whose creator fails, once, and asks the creator no more often than that', async () => {
    const creator = vi.fn<() => FakeConnection>(() => {
      throw new Error('no database today')
    })
    const pool = new GenericPool(creator, { max: 2 })
    for (let times = 0; times < 5; times++) {
      await expect(pool.connect()).rejects.toThrow('no database today')
    }
    await tick()
    expect(creator).toHaveBeenCalledTimes(5)
    expect(pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
  })

  test('loses no slot to a ping that fails, and lends the replacement', async () => {
    const pool = new GenericPool(server.connect, { max: 1, poolPrePing: true, poolTimeout: 0 })
    await giveBack([await pool.connect()])
    for (let times = 1; times <= 3; times++) {
      server.connections.at(-1)!.failing.add('ping')
      await giveBack([await pool.connect()])
      expect(server.open).toHaveLength(1)
    }
    expect(server.connections).toHaveLength(4)
  })

  test('lends nothing that dispose has closed, even while it is still being closed', async () => {
    server = new FakeServer(SlowFakeConnection)
    const pool = new GenericPool(server.connect, { max: 2 })
    await giveBack(await take(pool, 2))
    const disposing = pool.dispose()
    const out = await take(pool, 2)
    expect(out.map(({ connection }) => connection.id)).toEqual([3, 4])
    expect(out.every(({ connection }) => connection.isOpen)).toBe(true)
    await giveBack(out)
    await disposing
    await pool.dispose()
    expect(server.open).toEqual([])
  })

  test('leaves no timer behind when it is disposed of, also while connections are out', async () => {
    useClock()
    const pool = new GenericPool(server.connect, {
      evictionRunIntervalMillis: 10,
      idleTimeoutMillis: 5,
      min: 1,
    })
    expect(vi.getTimerCount()).toBe(0)
    const [held, other] = await take(pool, 2)
    await other!.close()
    expect(vi.getTimerCount()).toBe(1)
    await pool.dispose()
    expect(vi.getTimerCount()).toBe(0)
    await held!.close()
    expect(server.open).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('does not keep the process alive, with connections idle and the evictor on its way', async () => {
    expect(await resultOf('pools/scripts/idle-generic-pool.ts')).toMatchObject({ checkedOut: 0, size: 10 })
  })

  test('refuses options that are not its own', () => {
    // @ts-expect-error -- nor do the types take it
    expect(() => new GenericPool(server.connect, { poolSize: 3 })).toThrow(PoolOptionError)
  })
})
