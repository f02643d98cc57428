/* oxlint-disable no-await-in-loop -- one after the other is the point */
import { type PooledConnection, type PoolOptions, QueuePool } from '@poolclass/pools'
import { beforeEach, describe, expect, test } from 'vitest'
import { type FakeConnection, FakeServer, SlowFakeConnection, tick } from './fake-connection.ts'

let server: FakeServer

beforeEach(() => {
  server = new FakeServer()
})

function take(pool: QueuePool<FakeConnection>, count: number): Promise<PooledConnection<FakeConnection>[]> {
  return Promise.all(Array.from({ length: count }, () => pool.connect()))
}

async function giveBack(out: PooledConnection<FakeConnection>[]): Promise<void> {
  for (const pooled of out) await pooled.close()
}

describe('A QueuePool', () => {
  test('lends 15 connections by default and keeps 5', async () => {
    const pool = new QueuePool(server.connect)
    expect(pool.capacity).toBe(15)
    const out = await take(pool, 15)
    void pool.connect().catch(() => {})
    expect(String(pool.status())).toBe(
      'QueuePool size: 5, idle: 0, checked out: 15, overflow: 10, waiting: 1, opened: 15, closed: 0',
    )
    await pool.dispose()
    await giveBack(out)
  })

  test('closes overflow soon after its check-in', async () => {
    const pool = new QueuePool(server.connect, { poolSize: 2, maxOverflow: 2 })
    const out = await take(pool, 4)
    expect(pool.status()).toMatchObject({ checkedOut: 4, idle: 0, overflow: 2 })
    await giveBack(out)
    expect(pool.status()).toMatchObject({ checkedOut: 0, idle: 4, overflow: 2, closed: 0 })
    await expect.poll(() => pool.status().closed).toBe(2)
    expect(pool.status()).toMatchObject({ checkedOut: 0, idle: 2, overflow: 0 })
    expect(server.open).toHaveLength(2)
  })

  test('lends overflow again that has just come back, and only when no other connection is idle', async () => {
    const pool = new QueuePool(server.connect, { poolSize: 2, maxOverflow: 2 })
    for (let n = 0; n < 3; n += 1) await giveBack(await take(pool, 4))
    expect(pool.status()).toMatchObject({ opened: 4, closed: 0 })
    const two = await take(pool, 2)
    await expect.poll(() => pool.status().closed).toBe(2)
    expect(pool.status()).toMatchObject({ checkedOut: 2, idle: 0, overflow: 0, opened: 4 })
    await giveBack(two)
  })

  test('closes overflow that has just come back when it is disposed of, once', async () => {
    const pool = new QueuePool(server.connect, { poolSize: 1, maxOverflow: 1 })
    await giveBack(await take(pool, 2))
    await pool.dispose()
    expect(server.open).toHaveLength(0)
    await giveBack(await take(pool, 2))
    await expect.poll(() => pool.status()).toMatchObject({ opened: 4, closed: 3, idle: 1 })
  })

  test('hands overflow on to those who wait instead of closing it', async () => {
    const pool = new QueuePool(server.connect, { poolSize: 1, maxOverflow: 1 })
    const out = await take(pool, 2)
    const waiting = take(pool, 2)
    await giveBack(out)
    await giveBack(await waiting)
    await expect.poll(() => server.open.length).toBe(1)
    expect(server.connections).toHaveLength(2)
  })

  test('never has more connections open than its capacity, however slowly they close', async () => {
    server = new FakeServer(SlowFakeConnection)
    const pool = new QueuePool(server.connect, { poolSize: 1, maxOverflow: 1 })
    let most = 0
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        await using pooled = await pool.connect()
        most = Math.max(most, server.open.length)
        expect(pooled.connection.isOpen).toBe(true)
        await tick()
      }),
    )
    expect(most).toBe(2)
    await expect.poll(() => server.open.length).toBe(1)
  })

  test('serves those who wait as soon as a slowly closing overflow connection is gone', async () => {
    const closing = Promise.withResolvers<void>()
    const pool = new QueuePool(() => ({ close: () => closing.promise }), { poolSize: 1, maxOverflow: 1 })
    const [kept, overflow] = await Promise.all([pool.connect(), pool.connect()])
    await kept.close()
    await overflow.close()
    await expect.poll(() => pool.status().closed).toBe(1)
    await pool.connect()
    const waiting = pool.connect()
    expect(pool.status().waiting).toBe(1)
    closing.resolve()
    await expect(waiting).resolves.toBeDefined()
  })

  test('with a poolSize of 0 lends and keeps any number', async () => {
    const pool = new QueuePool(server.connect, { poolSize: 0 })
    expect(pool.capacity).toBe(Infinity)
    await giveBack(await take(pool, 50))
    expect(pool.status()).toMatchObject({ size: 0, idle: 50, overflow: 0 })
  })

  test('with a maxOverflow of -1 lends any number and keeps poolSize', async () => {
    const pool = new QueuePool(server.connect, { poolSize: 3, maxOverflow: -1 })
    expect(pool.capacity).toBe(Infinity)
    await giveBack(await take(pool, 50))
    await expect.poll(() => pool.status()).toMatchObject({ idle: 3, closed: 47 })
  })

  test('lends what came back last, or without poolUseLifo what was idle longest', async () => {
    for (const [options, expected] of [
      [{}, [3, 3, 3]],
      [{ poolUseLifo: true }, [3, 3, 3]],
      [{ poolUseLifo: false }, [1, 2, 3]],
    ] as const) {
      server = new FakeServer()
      const pool = new QueuePool(server.connect, options)
      const out = await take(pool, 3)
      await giveBack(out.toSorted((a, b) => a.connection.id - b.connection.id))
      const lent: number[] = []
      for (let times = 0; times < 3; times++) {
        await using pooled = await pool.connect()
        lent.push(pooled.connection.id)
      }
      expect(lent).toEqual(expected)
    }
  })

  test('serves those who ask at once in the order in which they ask, whether connections are idle or not', async () => {
    const pool = new QueuePool(server.connect, { poolSize: 5 })
    await giveBack(await take(pool, 5))
    const served: number[] = []
    await Promise.all(
      [0, 1, 2, 3, 4].map(async (number) => {
        const pooled = await pool.connect()
        served.push(number)
        await pooled.close()
      }),
    )
    expect(served).toEqual([0, 1, 2, 3, 4])
  })

  test('opens a connection only when none is idle', async () => {
    const pool = new QueuePool(server.connect)
    for (let times = 0; times < 10; times++) await giveBack(await take(pool, 2))
    expect(server.connections).toHaveLength(2)
  })

  test('replaces, after one dead ping, all connections of that age at their next checkout', async () => {
    const pool = new QueuePool(server.connect, { poolPrePing: true, poolResetOnReturn: null })
    const [first, second, third] = await take(pool, 3)
    await giveBack([second!, first!])
    const dead = server.connections[0]!
    dead.failing.add('ping')
    expect((await pool.connect()).connection.id).toBe(4)
    expect((await pool.connect()).connection.id).toBe(5)
    expect(third?.connection.isOpen).toBe(true)
    await third?.close()
    expect((await pool.connect()).connection.id).toBe(6)
    expect(server.connections.map(({ calls }) => calls.includes('ping'))).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ])
  })

  test('keeps a live connection where an invalidated one was given back before', async () => {
    const pool = new QueuePool(server.connect, { poolSize: 1, maxOverflow: 1 })
    const [broken, live] = await take(pool, 2)
    await broken?.invalidate()
    await broken?.close()
    await live?.close()
    expect(pool.status()).toMatchObject({ idle: 1, closed: 1 })
    expect((await pool.connect()).connection).toBe(server.open[0])
  })

  test('shows one of several idle connections that is on its way as checked out', async () => {
    const pool = new QueuePool(server.connect)
    await giveBack(await take(pool, 3))
    const checkout = pool.connect()
    expect(pool.status()).toMatchObject({ idle: 2, checkedOut: 1, overflow: 0 })
    await checkout
    expect(pool.status()).toMatchObject({ idle: 2, checkedOut: 1, overflow: 0 })
  })

  test('shows what is on its way as checked out', async () => {
    const pool = new QueuePool(server.connect, { poolSize: 1, maxOverflow: 0 })
    await giveBack(await take(pool, 1))
    const checkout = pool.connect()
    expect(pool.status()).toMatchObject({ idle: 0, checkedOut: 1, overflow: 0 })
    await (await checkout).close()
    expect(pool.status()).toMatchObject({ idle: 1, checkedOut: 0 })
  })
})

interface Sharing {
  isBusy?: boolean
  isHeldUp?: boolean
}

/** The connections are numbered from 1, in the order in which they were opened and are idle. */
async function idlePool(options: PoolOptions, heldUp: readonly number[]): Promise<QueuePool<FakeConnection>> {
  const pool = new QueuePool(async () => {
    const connection: FakeConnection & Sharing = await server.connect()
    connection.isBusy = connection.isHeldUp = heldUp.includes(connection.id)
    return connection
  }, options)
  await giveBack(await take(pool, 3))
  return pool
}

async function idsOf(pool: QueuePool<FakeConnection>, count: number): Promise<number[]> {
  return (await take(pool, count)).map(({ connection }) => connection.id)
}

describe('A QueuePool with connections that are held up', () => {
  test('lends the others first, from the end', async () => {
    expect(await idsOf(await idlePool({ poolSize: 3 }, [3]), 2)).toEqual([2, 1])
  })

  test('lends the others first, without poolUseLifo by turns', async () => {
    expect(await idsOf(await idlePool({ poolSize: 3, poolUseLifo: false }, [1]), 2)).toEqual([2, 3])
  })

  test('lends overflow that has just come back before them', async () => {
    expect(await idsOf(await idlePool({ poolSize: 1 }, [1]), 2)).toEqual([3, 2])
  })

  test('opens another rather than lend one of them', async () => {
    expect(await idsOf(await idlePool({ poolSize: 3 }, [1, 2, 3]), 1)).toEqual([4])
  })

  test('lends them where it may open no other', async () => {
    const pool = await idlePool({ poolSize: 3, maxOverflow: 0 }, [1, 3])
    expect(await idsOf(pool, 3)).toEqual([2, 3, 1])
  })

  test('lends overflow of them where it may open no other', async () => {
    const pool = await idlePool({ poolSize: 2, maxOverflow: 1 }, [1, 2, 3])
    expect(await idsOf(pool, 3)).toEqual([2, 1, 3])
  })
})

test('A QueuePool lends connections that are busy behind all others, and before it opens one', async () => {
  const pool = new QueuePool(async () => {
    const connection: FakeConnection & Sharing = await server.connect()
    connection.isBusy = connection.id === 1
    return connection
  })
  await giveBack(await take(pool, 3))
  expect(await idsOf(pool, 4)).toEqual([3, 2, 1, 4])
})
