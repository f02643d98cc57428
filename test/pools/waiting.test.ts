/* oxlint-disable no-await-in-loop, vitest/expect-expect -- one after the other is the point; expectAllSlots() expects */
import {
  GenericPool,
  type Pool,
  PoolTimeoutError,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { type FakeConnection, FakeServer, SlowFakeConnection, tick } from './fake-connection.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe.each([
  ['SingletonThreadPool', SingletonThreadPool, {}],
  ['StaticPool', StaticPool, {}],
  ['QueuePool of one', QueuePool, { poolSize: 1, maxOverflow: 0 }],
  ['QueuePool of three', QueuePool, { poolSize: 2, maxOverflow: 1 }],
  ['GenericPool of one', GenericPool, { max: 1, evictionRunIntervalMillis: 0 }],
  ['GenericPool of three', GenericPool, { max: 3, evictionRunIntervalMillis: 0 }],
] as const)('When all of a %s is out', (_name, PoolClass, options) => {
  let server: FakeServer
  let pool: Pool<FakeConnection>
  let out: Awaited<ReturnType<typeof pool.connect>>[]

  beforeEach(async () => {
    server = new FakeServer()
    pool = new PoolClass(server.connect, options)
    out = await Promise.all(Array.from({ length: pool.capacity }, () => pool.connect()))
  })

  /** Lends every slot once more: none was lost. */
  async function expectAllSlots(): Promise<void> {
    await Promise.all(out.map((pooled) => pooled.close()))
    const again = await Promise.all(out.map(() => pool.connect()))
    expect(new Set(again.map(({ connection }) => connection)).size).toBe(pool.capacity)
    expect(pool.status()).toMatchObject({ checkedOut: pool.capacity, waiting: 0 })
  }

  test('those who wait are served in the order in which they came', async () => {
    const served: number[] = []
    const waiting = [1, 2, 3, 4, 5].map(async (number) => {
      const pooled = await pool.connect()
      served.push(number)
      await pooled.close()
    })
    expect(pool.status().waiting).toBe(5)
    await out[0]?.close()
    await Promise.all(waiting)
    expect(served).toEqual([1, 2, 3, 4, 5])
    await expectAllSlots()
  })

  test('nobody who comes later goes first', async () => {
    const served: string[] = []
    const early = pool.connect().then((pooled) => {
      served.push('early')
      return pooled.close()
    })
    const closing = out[0]?.close()
    const late = pool.connect().then((pooled) => {
      served.push('late')
      return pooled.close()
    })
    await Promise.all([early, closing, late])
    expect(served).toEqual(['early', 'late'])
  })

  test('nobody who comes while a connection is slowly closed goes first', async () => {
    server = new FakeServer(SlowFakeConnection)
    for (let turns = 0; turns < 30; turns++) {
      pool = new PoolClass(server.connect, { ...options, poolResetOnReturn: null })
      out = await Promise.all(out.map(() => pool.connect()))
      const served: string[] = []
      const early = pool.connect().then(() => served.push('early'))
      const closing = out.map(async (pooled) => {
        await pooled.invalidate()
        await pooled.close()
      })
      await tick()
      for (let microtasks = 0; microtasks < turns; microtasks++) await Promise.resolve()
      const late = pool.connect().then(() => served.push('late'))
      await Promise.race([early, late])
      expect(served[0]).toBe('early')
      late.catch(() => {})
      await Promise.all(closing)
    }
  })

  test('a waiter that leaves by its signal leaves no hole in the line', async () => {
    const controllers = [1, 2, 3, 4, 5].map(() => new AbortController())
    const served: number[] = []
    const waiting = controllers.map(async ({ signal }, index) => {
      const pooled = await pool.connect({ signal })
      served.push(index)
      await pooled.close()
    })
    for (const index of [0, 2, 4]) controllers[index]?.abort(new Error(`${index} has left`))
    for (const index of [0, 2, 4]) await expect(waiting[index]).rejects.toThrow(`${index} has left`)
    expect(pool.status().waiting).toBe(2)
    await expectAllSlots().catch(() => {})
    await Promise.all([waiting[1], waiting[3]])
    expect(served).toEqual([1, 3])
  })

  test('what arrives for a waiter that has just left goes to the next', async () => {
    const controller = new AbortController()
    const left = pool.connect({ signal: controller.signal })
    const next = pool.connect()
    void out[0]?.close()
    controller.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    out[0] = await next
    await expectAllSlots()
  })

  test('a waiter gives up after poolTimeout and says what it knows', async () => {
    vi.useFakeTimers()
    await vi.advanceTimersByTimeAsync(1000)
    out[0]!.holder = new Error('taken here')
    const error = pool.connect().catch((reason: unknown) => reason)
    const other = pool.connect().catch(() => {})
    await vi.advanceTimersByTimeAsync(29_999)
    expect(pool.status().waiting).toBe(2)
    await vi.advanceTimersByTimeAsync(1)
    await other
    expect(pool.status().waiting).toBe(0)
    const { size, overflow, checkedOut } = pool.status()
    const message = expect.stringMatching(
      new RegExp(
        `^${PoolClass.name}: .* within 30000 ms \\(poolTimeout 30000, size ${size}, overflow ${overflow}, ` +
          `checked out ${checkedOut}, others waiting 1\\)[^]*Where the connections were checked out[^]*waiting\\.test`,
      ),
    )
    expect(await error).toBeInstanceOf(PoolTimeoutError)
    expect(await error).toMatchObject({ code: 'POOL_TIMEOUT', waited: 30_000, message })
    await expectAllSlots()
  })

  test('a time-out error says nothing of where connections were taken that nobody has told it', async () => {
    pool = new PoolClass(server.connect, { ...options, poolTimeout: 0 })
    out = await Promise.all(out.map(() => pool.connectNow()))
    expect((await failureOf(pool.connect())).message).not.toContain('Where')
  })

  test('a time-out error numbers those who have the connections and shows their frames alone', async () => {
    pool = new PoolClass(server.connect, { ...options, poolTimeout: 0 })
    out = await Promise.all(out.map(() => pool.connect()))
    for (const pooled of out) pooled.holder = new Error('taken\n  somewhere at noon')
    const { message } = await failureOf(pool.connect())
    const numbers = [...message.matchAll(/\n(\d+)\.\n    at /g)].map(([, number]) => Number(number))
    expect(numbers).toEqual(out.map((_, index) => index + 1))
    expect(message).not.toContain('noon')
  })

  test('a time-out error shows where those connections were taken by connect() that had to be opened', async () => {
    pool = new PoolClass(server.connect, { ...options, poolTimeout: 0 })
    async function theOneWhoOpened(): Promise<Awaited<ReturnType<typeof pool.connect>>> {
      return await pool.connect()
    }
    out = await Promise.all(out.map(() => theOneWhoOpened()))
    expect((await failureOf(pool.connect())).message.split('theOneWhoOpened')).toHaveLength(out.length + 1)
  })

  test('a holder without a stack is shown by its number', async () => {
    pool = new PoolClass(server.connect, { ...options, poolTimeout: 0 })
    out = await Promise.all(out.map(() => pool.connectNow()))
    out[0]!.holder = new Error('taken')
    delete out[0]!.holder.stack
    expect((await failureOf(pool.connect())).message).toMatch(/\n1\.\n$/)
  })

  test('a time-out error shows who waited', async () => {
    pool = new PoolClass(server.connect, { ...options, poolTimeout: 1 })
    await Promise.all(out.map(() => pool.connect()))
    async function theOneWhoWaited(): Promise<void> {
      await pool.connect()
    }
    await expect(theOneWhoWaited()).rejects.toMatchObject({
      stack: expect.stringContaining('theOneWhoWaited'),
    })
  })

  test('a poolTimeout of 0 does not wait at all', async () => {
    pool = new PoolClass(server.connect, { ...options, poolTimeout: 0 })
    out = await Promise.all(out.map(() => pool.connect()))
    const onWait = vi.fn<() => void>()
    await expect(pool.connect({ onWait })).rejects.toThrow(PoolTimeoutError)
    expect(onWait).not.toHaveBeenCalled()
    await expectAllSlots()
  })

  test.each([Infinity, 2 ** 31])(
    'a poolTimeout of %d sets no timer that could overflow',
    async (poolTimeout) => {
      const timers = vi.spyOn(globalThis, 'setTimeout')
      pool = new PoolClass(server.connect, { ...options, poolTimeout })
      out = await Promise.all(out.map(() => pool.connect()))
      const waiting = pool.connect()
      expect(timers).not.toHaveBeenCalled()
      await out[0]?.close()
      out[0] = await waiting
      await expectAllSlots()
    },
  )

  test('no timer and no listener outlives its waiter', async () => {
    vi.useFakeTimers()
    const controller = new AbortController()
    const added = vi.spyOn(controller.signal, 'addEventListener')
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const served = pool.connect({ signal: controller.signal })
    await out[0]?.close()
    out[0] = await served
    const aborted = pool.connect({ signal: controller.signal })
    controller.abort()
    await expect(aborted).rejects.toThrow('aborted')
    expect(vi.getTimerCount()).toBe(0)
    expect(added).toHaveBeenCalledTimes(2)
    expect(removed).toHaveBeenCalledTimes(2)
    await expectAllSlots()
  })

  test('onWait is called once, inside connect, by those alone who queue', async () => {
    await out[0]?.close()
    const onWait = vi.fn<() => void>()
    out[0] = await pool.connect({ onWait })
    expect(onWait).not.toHaveBeenCalled()
    const waiting = pool.connect({ onWait })
    expect(onWait).toHaveBeenCalledTimes(1)
    await out[0].close()
    out[0] = await waiting
    expect(onWait).toHaveBeenCalledTimes(1)
  })

  test('an onWait that frees a connection gets it', async () => {
    out[0] = await pool.connect({ onWait: () => void out[0]?.close() })
    await expectAllSlots()
  })

  test('an onWait that fires the signal ends the wait before it begins', async () => {
    const controller = new AbortController()
    const onWait = (): void => controller.abort(new Error('rather not'))
    await expect(pool.connect({ signal: controller.signal, onWait })).rejects.toThrow('rather not')
    expect(pool.status().waiting).toBe(0)
    await expectAllSlots()
  })

  test('an onWait that throws rejects the checkout and leaves nobody in the line', async () => {
    const onWait = vi.fn<() => void>(() => {
      throw new Error('I will not wait')
    })
    await expect(pool.connect({ onWait })).rejects.toThrow('I will not wait')
    expect(pool.status().waiting).toBe(0)
    await expectAllSlots()
  })

  test('a waiter leaves by the function that onWait was given, and its late call does nothing', async () => {
    const onWait = vi.fn<(leave: (reason: unknown) => void) => void>()
    const leave = (reason: Error): void => onWait.mock.lastCall?.[0](reason)
    const left = pool.connect({ onWait })
    const next = pool.connect()
    leave(new Error('rather not'))
    await expect(left).rejects.toThrow('rather not')
    expect(pool.status().waiting).toBe(1)
    const served = pool.connect({ onWait })
    await out[0]?.close()
    await (await next).close()
    out[0] = await served
    leave(new Error('too late'))
    expect(pool.status()).toMatchObject({ checkedOut: pool.capacity, waiting: 0 })
    await expectAllSlots()
  })

  test('what is handed on to the next in line is never idle in between', async () => {
    const waiting = pool.connect()
    void out[0]?.close()
    expect(pool.status()).toMatchObject({ idle: 0, checkedOut: pool.capacity, waiting: 0 })
    out[0] = await waiting
    await expectAllSlots()
  })

  test('a detached connection makes way for the next in line', async () => {
    const waiting = pool.connect()
    out[0]?.detach()
    out[0] = await waiting
    await expectAllSlots()
  })

  test('a connection that could not be opened makes way for the next in line', async () => {
    const creator = vi.fn<() => FakeConnection | Promise<FakeConnection>>(server.connect)
    pool = new PoolClass(creator, options)
    creator.mockRejectedValueOnce(new Error('no database today'))
    const checkouts = await Promise.allSettled(
      Array.from({ length: pool.capacity + 1 }, () => pool.connect()),
    )
    expect(checkouts.map(({ status }) => status).toSorted()).toEqual([
      ...out.map(() => 'fulfilled'),
      'rejected',
    ])
  })

  test('dispose serves those who wait with new connections', async () => {
    const waiting = pool.connect()
    await pool.dispose()
    const pooled = await waiting
    expect(out.map(({ connection }) => connection)).not.toContain(pooled.connection)
    await Promise.all(out.map((old) => old.close()))
    out = []
    expect(server.open).toEqual([pooled.connection])
  })

  test('firstConnect is through before anybody has a connection', async () => {
    pool = new PoolClass(server.connect, options)
    let ready = 0
    pool.on('firstConnect', async () => {
      await tick()
      ready++
    })
    await Promise.all(
      out.map(async () => {
        await pool.connect()
        expect(ready).toBe(1)
      }),
    )
  })
})
