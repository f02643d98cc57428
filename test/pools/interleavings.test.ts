/* oxlint-disable no-await-in-loop, vitest/no-standalone-expect, vitest/expect-expect -- the scenario expects, step by step */
import {
  AssertionPool,
  GenericPool,
  NullPool,
  type Pool,
  PoolAssertionError,
  type PooledConnection,
  type PoolOptions,
  PoolTimeoutError,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { scaled } from '../support/effort.ts'
import { FakeConnection, FakeServer, SlowFakeConnection, tick } from './fake-connection.ts'

/** A fault of the test's own making, which a checkout may reject with. */
class Injected extends Error {}

const faults = [
  'creator',
  'firstConnect',
  'connect',
  'checkout',
  'reset',
  'rollback',
  'ping',
  'close',
] as const
type Fault = (typeof faults)[number]

type Step =
  | { do: 'checkOut'; withSignal: boolean }
  | {
      do: 'abort' | 'close' | 'invalidate' | 'invalidateSoftly' | 'detach' | 'answerSlowCreator'
      which: number
    }
  | { do: 'openSlowly' | 'dispose' | 'tick' | 'yield' }
  | { do: 'advance'; by: number }
  | { do: 'failNext'; fault: Fault }

const which = fc.nat(20)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('checkOut' as const), withSignal: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('close' as const), which }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('abort', 'invalidate', 'invalidateSoftly', 'detach', 'answerSlowCreator'),
      which,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('openSlowly', 'tick', 'yield', 'yield') }) },
  { weight: 1, arbitrary: fc.constant({ do: 'dispose' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.nat(8) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('failNext' as const), fault: fc.constantFrom(...faults) }),
  },
)

const common = {
  poolRecycle: fc.constantFrom(-1, 3),
  poolPrePing: fc.boolean(),
  poolResetOnReturn: fc.constantFrom('rollback' as const, 'commit' as const, null),
}
const waits = { ...common, poolTimeout: fc.constantFrom(0, 5, Infinity) }
const sized = {
  ...waits,
  poolSize: fc.nat(3),
  maxOverflow: fc.integer({ min: -1, max: 2 }),
  poolUseLifo: fc.boolean(),
}

const shrinking = {
  ...waits,
  poolUseLifo: fc.boolean(),
  min: fc.nat(2),
  max: fc.integer({ min: 2, max: 4 }),
  idleTimeoutMillis: fc.constantFrom(4, 10, Infinity),
  softIdleTimeoutMillis: fc.constantFrom(-1, 2),
  evictionRunIntervalMillis: fc.constantFrom(1, 5),
}

/** Runs the steps against a pool, then mends everything, gives everything back and takes stock. */
class Scenario {
  readonly #pool: Pool<FakeConnection>
  readonly #server: FakeServer
  readonly #slow: (() => void)[] = []
  readonly #pending = new Set<Promise<void>>()
  readonly #controllers: AbortController[] = []
  readonly #held: PooledConnection<FakeConnection>[] = []
  readonly #detached: PooledConnection<FakeConnection>[] = []
  readonly #faults = new Set<Fault>()
  readonly #unexpected: unknown[] = []
  #openSlowly = false

  constructor(
    PoolClass: new (...args: ConstructorParameters<typeof QueuePool<FakeConnection>>) => Pool<FakeConnection>,
    options: PoolOptions,
    slowly: boolean,
    listening: boolean,
  ) {
    this.#server = new FakeServer(slowly ? SlowFakeConnection : FakeConnection)
    this.#pool = new PoolClass(() => this.#create(), options)
    if (!listening) return
    for (const event of ['firstConnect', 'connect', 'checkout', 'reset'] as const) {
      this.#pool.on(event, async () => {
        await Promise.resolve()
        this.#failIfAsked(event)
      })
    }
  }

  async run(steps: Step[]): Promise<void> {
    for (const next of steps) {
      await this.#take(next)
      this.#expectNobodyShares()
    }
    await this.#settle()
    await this.#expectAllSlots()
    await this.#pool.dispose()
    expect(this.#unexpected).toEqual([])
    expect(this.#server.connections.map(({ calls }) => calls.filter((call) => call === 'close'))).toEqual(
      this.#server.connections.map(() => ['close']),
    )
    const { opened, closed, checkedOut, idle, waiting } = this.#pool.status()
    expect({ opened, closed, checkedOut, idle, waiting }).toEqual({
      opened: this.#server.connections.length,
      closed: this.#server.connections.length,
      checkedOut: 0,
      idle: 0,
      waiting: 0,
    })
    expect(vi.getTimerCount()).toBe(0)
  }

  #take(next: Step): Promise<unknown> | void {
    switch (next.do) {
      case 'checkOut':
        return this.#checkOut(next.withSignal)
      case 'abort':
        return pick(this.#controllers, next.which)?.abort(new Injected('aborted'))
      case 'close':
        return this.#watch(pick(this.#held, next.which, 'take')?.close())
      case 'invalidate':
        return this.#watch(pick(this.#held, next.which)?.invalidate(new Injected('invalidated')))
      case 'invalidateSoftly':
        return this.#watch(pick(this.#held, next.which)?.invalidate(undefined, { soft: true }))
      case 'detach':
        return this.#detach(next.which)
      case 'openSlowly':
        this.#openSlowly = true
        return
      case 'answerSlowCreator':
        return pick(this.#slow, next.which, 'take')?.()
      case 'dispose':
        return this.#watch(this.#pool.dispose())
      case 'advance':
        vi.advanceTimersByTime(next.by)
        return
      case 'failNext':
        this.#faults.add(next.fault)
        return
      case 'tick':
        return tick()
      case 'yield':
        return Promise.resolve()
    }
  }

  #checkOut(withSignal: boolean): void {
    const controller = new AbortController()
    this.#controllers.push(controller)
    const options = withSignal ? { signal: controller.signal } : undefined
    this.#watch(
      this.#pool.connect(options).then((pooled) => {
        expect(pooled.connection.isOpen).toBe(true)
        this.#held.push(pooled)
        return this.#expectNobodyShares()
      }),
    )
  }

  #detach(index: number): void {
    const pooled = pick(this.#held, index, 'take')
    if (pooled === undefined) return
    if (connectionOf(pooled) === undefined) return this.#watch(pooled.close())
    pooled.detach()
    this.#detached.push(pooled)
  }

  #watch(work: Promise<void> | undefined): void {
    if (work === undefined) return
    const watched = work
      .catch((error: unknown) => {
        const expected = [Injected, PoolTimeoutError, PoolAssertionError].some(
          (Kind) => error instanceof Kind,
        )
        if (!expected && !String(error).startsWith('Error: ping of connection')) this.#unexpected.push(error)
      })
      .finally(() => this.#pending.delete(watched))
    this.#pending.add(watched)
  }

  async #create(): Promise<FakeConnection> {
    if (this.#openSlowly) {
      this.#openSlowly = false
      await new Promise<void>((resolve) => {
        this.#slow.push(resolve)
      })
    }
    this.#failIfAsked('creator')
    const connection = this.#server.connect()
    for (const fault of ['rollback', 'ping', 'close'] as const) {
      if (this.#faults.delete(fault)) connection.failing.add(fault)
    }
    return connection
  }

  #failIfAsked(fault: Fault): void {
    if (this.#faults.delete(fault)) throw new Injected(fault)
  }

  #expectNobodyShares(): void {
    const borrowed = [...this.#held, ...this.#detached].flatMap((pooled) => connectionOf(pooled) ?? [])
    expect(new Set(borrowed).size).toBe(borrowed.length)
  }

  async #settle(): Promise<void> {
    this.#faults.clear()
    this.#openSlowly = false
    for (let idle = 0; idle < 5; idle++) {
      const work = [
        ...this.#slow.splice(0),
        ...[...this.#held.splice(0), ...this.#detached.splice(0)].map(closing),
      ]
      for (const finish of work) finish()
      if (work.length > 0) idle = 0
      await tick()
    }
    expect(this.#pending.size).toBe(0)
    for (const { failing } of this.#server.connections) failing.delete('ping')
  }

  async #expectAllSlots(): Promise<void> {
    expect(this.#pool.status()).toMatchObject({ checkedOut: 0, waiting: 0 })
    const checkouts = Array.from({ length: Math.min(this.#pool.capacity, 10) }, () => this.#pool.connect())
    this.#held.push(...(await Promise.all(checkouts)))
    this.#expectNobodyShares()
    await Promise.all(this.#held.splice(0).map((pooled) => pooled.close()))
  }
}

function pick<T>(items: T[], index: number, take?: 'take'): T | undefined {
  const at = index % items.length
  return take ? items.splice(at, 1)[0] : items[at]
}

function closing(pooled: PooledConnection<FakeConnection>): () => void {
  return () => void pooled.close()
}

/** Undefined after a hard invalidation. */
function connectionOf(pooled: PooledConnection<FakeConnection>): FakeConnection | undefined {
  try {
    return pooled.connection
  } catch {
    return undefined
  }
}

describe.each([
  ['SingletonThreadPool', SingletonThreadPool, waits],
  ['StaticPool', StaticPool, waits],
  ['NullPool', NullPool, common],
  ['QueuePool', QueuePool, sized],
  ['GenericPool', GenericPool, shrinking],
  ['AssertionPool', AssertionPool, common],
] as const)('Whatever is done to a %s, in whatever order', (_name, PoolClass, options) => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  test('no slot is lost, nobody waits for ever, nothing is shared and everything is closed once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record(options),
        fc.boolean(),
        fc.boolean(),
        fc.array(step, { maxLength: 60, size: 'max' }),
        async (chosen, slowly, listening, steps) => {
          vi.clearAllTimers()
          await new Scenario(PoolClass, chosen, slowly, listening).run(steps)
        },
      ),
      { numRuns: scaled(500) },
    )
  })
})
