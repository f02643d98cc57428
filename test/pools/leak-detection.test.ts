import { setTimeout as wait } from 'node:timers/promises'
import {
  AssertionPool,
  GenericPool,
  NullPool,
  type Pool,
  PoolOptionError,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { sampled } from '../support/effort.ts'
import { collectWarnings } from '../support/warnings.ts'
import { FakeConnection, FakeServer } from './fake-connection.ts'

/** Milliseconds. */
const THRESHOLD = 25

function warnings(): { leaks: Error[]; ends: Error[] } {
  return { leaks: collectWarnings('POOL_LEAK'), ends: collectWarnings('POOL_LEAK_ENDED') }
}

describe.each(sampled([QueuePool, NullPool, StaticPool, SingletonThreadPool, GenericPool, AssertionPool], 3))(
  '%o',
  (PoolClass) => {
    function openPool(): Pool<FakeConnection> {
      const pool = new PoolClass(new FakeServer().connect, { leakDetectionThreshold: THRESHOLD })
      onTestFinished(() => pool.dispose())
      return pool
    }

    test('a checkout that is out for too long is reported once, with its place, and so is its end', async () => {
      const { leaks, ends } = warnings()
      const pool = openPool()
      const pooled = await theForgetful(pool)
      await expect.poll(() => leaks).toHaveLength(1)
      expect(leaks[0]?.name).toBe('PoolWarning')
      expect(leaks[0]?.message).toMatch(
        new RegExp(`^${PoolClass.name}: .* longer than leakDetectionThreshold \\(25 ms\\)[^]*theForgetful`),
      )
      await wait(3 * THRESHOLD)
      expect(ends).toHaveLength(0)
      await pooled.close()
      await expect.poll(() => ends).toHaveLength(1)
      expect(ends[0]?.message).toMatch(/came back after \d+ ms/)
      expect(leaks).toHaveLength(1)
    })

    test('each checkout counts on its own, and one that comes back in time is not reported', async () => {
      const { leaks, ends } = warnings()
      const pool = openPool()
      const end = performance.now() + 4 * THRESHOLD
      while (performance.now() < end) {
        // oxlint-disable no-await-in-loop -- one after the other is the point
        const pooled = await pool.connect()
        await wait(1)
        await pooled.close()
        // oxlint-enable no-await-in-loop
      }
      const late = await pool.connect()
      await expect.poll(() => leaks).toHaveLength(1)
      await late.invalidate(new Error('broken'))
      await expect.poll(() => ends).toHaveLength(1)
      const again = await pool.connect()
      await expect.poll(() => leaks).toHaveLength(2)
      await again.close()
      await expect.poll(() => ends).toHaveLength(2)
    })

    test('a checkout that was detached is out no more', async () => {
      const { leaks } = warnings()
      const pool = openPool()
      const pooled = await pool.connect()
      pooled.detach()
      await wait(3 * THRESHOLD)
      expect(leaks).toHaveLength(0)
      await pooled.close()
    })

    test('a pool that was disposed of reports what is still out', async () => {
      const { leaks, ends } = warnings()
      const pool = openPool()
      const out = await pool.connect()
      await pool.dispose()
      await expect.poll(() => leaks).toHaveLength(1)
      await out.close()
      await expect.poll(() => ends).toHaveLength(1)
    })
  },
)

test('without a threshold no timer is made', async () => {
  const made = vi.spyOn(globalThis, 'setTimeout')
  const pool = new QueuePool(new FakeServer().connect)
  await (await pool.connect()).close()
  await pool.dispose()
  expect(made).not.toHaveBeenCalled()
})

test('many checkouts share one timer, which the end of the pool takes away', async () => {
  const made = vi.spyOn(globalThis, 'setTimeout')
  const cleared = vi.spyOn(globalThis, 'clearTimeout')
  const pool = new QueuePool(new FakeServer().connect, { leakDetectionThreshold: 60_000 })
  for (let n = 0; n < 100; n += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await (await pool.connect()).close()
  }
  const out = await pool.connect()
  expect(made).toHaveBeenCalledTimes(1)
  const timer = made.mock.results[0]?.value as NodeJS.Timeout
  expect(timer.hasRef()).toBe(false)
  await pool.dispose()
  expect(cleared).not.toHaveBeenCalledWith(timer)
  await out.close()
  expect(cleared).toHaveBeenCalledWith(timer)
})

test('a report names the connection by its label', async () => {
  const { leaks, ends } = warnings()
  const pool = new QueuePool(connectWithLabel, { leakDetectionThreshold: 1 })
  const pooled = await pool.connect()
  await expect.poll(() => leaks).toHaveLength(1)
  expect(leaks[0]?.message).toMatch(/^QueuePool: app\.db#1 has been out for/)
  await pooled.close()
  await expect.poll(() => ends).toHaveLength(1)
  expect(ends[0]?.message).toMatch(
    /^QueuePool: app\.db#1, which was reported as out for too long, came back after \d+ ms/,
  )
})

test.each([-1, 1.5, Number.NaN, Infinity, 2 ** 31, '5000'])(
  'a threshold of %o is refused, because no timer can keep it',
  (threshold) => {
    const make = (): unknown =>
      new QueuePool(new FakeServer().connect, { leakDetectionThreshold: threshold as number })
    expect(make).toThrow(PoolOptionError)
    expect(make).toThrow(/leakDetectionThreshold must be a whole number of milliseconds/)
  },
)

async function theForgetful(pool: Pool<FakeConnection>): ReturnType<typeof pool.connect> {
  return await pool.connect()
}

function connectWithLabel(): FakeConnection & { readonly label: string } {
  return Object.assign(new FakeConnection(1), { label: 'app.db#1' })
}
