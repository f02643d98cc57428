/* oxlint-disable no-await-in-loop -- one after the other is the point */
import {
  AssertionPool,
  ConnectionClosedError,
  GenericPool,
  NullPool,
  type Pool,
  type PoolEventName,
  PoolError,
  type PoolListener,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { getEventListeners } from 'node:events'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { silencedWarnings } from '../support/warnings.ts'
import { FakeConnection, FakeServer, SlowFakeConnection, tick } from './fake-connection.ts'

const events: PoolEventName[] = [
  'firstConnect',
  'connect',
  'checkout',
  'reset',
  'checkin',
  'invalidate',
  'softInvalidate',
  'close',
  'detach',
  'closeDetached',
]

/** Notes each event that the pool tells, in order. */
function eventsOf(pool: Pool<FakeConnection>): string[] {
  const heard: string[] = []
  for (const event of events) {
    pool.on(event, () => {
      heard.push(event)
    })
  }
  return heard
}

const warnings = silencedWarnings()

describe.each([SingletonThreadPool, StaticPool, NullPool, QueuePool, GenericPool, AssertionPool])(
  '%o',
  (PoolClass) => {
    const keeps = PoolClass !== NullPool
    let server: FakeServer
    let pool: Pool<FakeConnection>

    beforeEach(() => {
      server = new FakeServer()
      pool = new PoolClass(server.connect)
    })

    test('opens nothing before the first checkout', async () => {
      await tick()
      expect(server.connections).toHaveLength(0)
    })

    test('lends an open connection', async () => {
      const pooled = await pool.connect()
      expect(pooled.connection).toBe(server.connections[0])
      expect(pooled.connection.isOpen).toBe(true)
    })

    test('keeps or closes the connection at its check-in, as the class says', async () => {
      await (await pool.connect()).close()
      await (await pool.connect()).close()
      expect(server.connections).toHaveLength(keeps ? 1 : 2)
      expect(server.open).toHaveLength(keeps ? 1 : 0)
    })

    test('never lends a connection to two at once', async () => {
      const wanted = Math.min(pool.capacity, 20)
      const out = await Promise.all(Array.from({ length: wanted }, () => pool.connect()))
      expect(new Set(out.map(({ connection }) => connection)).size).toBe(wanted)
    })

    test('a check-in that has nothing to wait for makes no promise of its own', async () => {
      const first = await pool.connect()
      const closed = first.close()
      expect((await pool.connect()).close()).toBe(closed)
    })

    test('a connection can be of a kind that does everything later', async () => {
      server = new FakeServer(SlowFakeConnection)
      pool = new PoolClass(async () => {
        await tick()
        return server.connect()
      })
      const pooled = await pool.connect()
      await pooled.close()
      expect(server.connections[0]?.calls).toEqual(keeps ? ['rollback'] : ['rollback', 'close'])
      expect(pool.status()).toMatchObject({
        checkedOut: 0,
        idle: keeps ? 1 : 0,
        opened: 1,
        closed: keeps ? 0 : 1,
      })
    })

    describe('a checkout', () => {
      test('is checked in at the end of its block', async () => {
        {
          await using pooled = await pool.connect()
          expect(pooled.connection.isOpen).toBe(true)
          expect(pool.status().checkedOut).toBe(1)
        }
        expect(pool.status().checkedOut).toBe(0)
      })

      test('shows its connection to nobody after close', async () => {
        const pooled = await pool.connect()
        await pooled.close()
        expect(() => pooled.connection).toThrow(ConnectionClosedError)
        expect(() => pooled.connection).toThrow('This checkout was closed')
        expect(() => pooled.detach()).toThrow(PoolError)
        await expect(pooled.invalidate()).rejects.toMatchObject({ code: 'POOL_CONNECTION_CLOSED' })
      })

      test('gives back only once, however often it is closed', async () => {
        const first = await pool.connect()
        await first.close()
        const second = await pool.connect()
        await first.close()
        expect(second.connection.isOpen).toBe(true)
        expect(pool.status().checkedOut).toBe(1)
      })
    })

    describe('reset on return', () => {
      test('rolls back by default', async () => {
        const pooled = await pool.connect()
        pooled.connection.inTransaction = true
        await pooled.close()
        expect(server.connections[0]).toMatchObject({ inTransaction: false })
        expect(server.connections[0]?.calls).toContain('rollback')
      })

      test('commits where that is asked for', async () => {
        pool = new PoolClass(server.connect, { poolResetOnReturn: 'commit' })
        await (await pool.connect()).close()
        expect(server.connections[0]?.calls[0]).toBe('commit')
      })

      test('does nothing to a connection that says it is at rest, unless somebody listens', async () => {
        const pooled = await pool.connect()
        const connection = Object.assign(pooled.connection, { isAtRest: true })
        await pooled.close()
        expect(connection.calls).toEqual(keeps ? [] : ['close'])
        pool.on('reset', () => {})
        const next = await pool.connect()
        const { calls } = Object.assign(next.connection, { isAtRest: true })
        await next.close()
        expect(calls[0]).toBe('rollback')
      })

      test('rolls back where a connection says that it is not at rest', async () => {
        const pooled = await pool.connect()
        const { calls } = Object.assign(pooled.connection, { isAtRest: false })
        await pooled.close()
        expect(calls[0]).toBe('rollback')
      })

      test('does nothing where that is asked for', async () => {
        pool = new PoolClass(server.connect, { poolResetOnReturn: null })
        await (await pool.connect()).close()
        expect(server.connections[0]?.calls).toEqual(keeps ? [] : ['close'])
      })

      test.each(['rollback', 'commit'] as const)(
        'does nothing for a connection that knows no %s',
        async (poolResetOnReturn) => {
          const bare = new PoolClass(() => ({ close() {} }), { poolResetOnReturn })
          await (await bare.connect()).close()
          expect(bare.status().checkedOut).toBe(0)
          expect(warnings).toEqual([])
        },
      )

      test.each([FakeConnection, SlowFakeConnection])(
        'that fails closes the connection, not the slot (%o)',
        async (Connection) => {
          server = new FakeServer(Connection)
          pool = new PoolClass(server.connect)
          const invalidated = vi.fn<PoolListener<FakeConnection, 'invalidate'>>()
          pool.on('invalidate', invalidated)
          const pooled = await pool.connect()
          const { connection } = pooled
          connection.failing.add('rollback')
          await pooled.close()
          expect(connection.isOpen).toBe(false)
          const error = expect.objectContaining({ message: 'rollback of connection 1 failed' })
          expect(invalidated).toHaveBeenCalledExactlyOnceWith(connection, { pool, error })
          expect(warnings).toEqual([
            expect.stringMatching(new RegExp(`^${PoolClass.name}: .*rollback of connection 1 failed$`)),
          ])
          expect((await pool.connect()).connection).toBe(server.connections[1])
        },
      )
    })

    describe('the creator', () => {
      test.each([
        [
          'throws',
          () => {
            throw new Error('no database today')
          },
        ],
        ['rejects', () => Promise.reject(new Error('no database today'))],
      ])('that %s rejects that checkout only', async (_how, fail) => {
        const creator = vi.fn<() => FakeConnection | Promise<FakeConnection>>(server.connect)
        for (let times = 0; times < 20; times++) creator.mockImplementationOnce(fail)
        pool = new PoolClass(creator)
        for (let times = 0; times < 20; times++) {
          await expect(pool.connect()).rejects.toThrow('no database today')
        }
        expect(pool.status()).toMatchObject({ checkedOut: 0, idle: 0, opened: 0 })
        await expect(pool.connect()).resolves.toBeDefined()
        expect(creator).toHaveBeenCalledTimes(21)
      })

      test('that answers after its caller has left fills the slot for the next', async () => {
        const opening = Promise.withResolvers<FakeConnection>()
        pool = new PoolClass(() => opening.promise)
        const controller = new AbortController()
        const left = pool.connect({ signal: controller.signal })
        await tick()
        controller.abort(new Error('too slow for me'))
        await expect(left).rejects.toThrow('too slow for me')
        opening.resolve(server.connect())
        await tick()
        expect(pool.status()).toMatchObject({ checkedOut: 0, idle: keeps ? 1 : 0, opened: 1 })
        expect(server.open).toHaveLength(keeps ? 1 : 0)
      })

      test('that fails after its caller has left leaves the slot free', async () => {
        const opening = Promise.withResolvers<FakeConnection>()
        const creator = vi.fn<() => FakeConnection | Promise<FakeConnection>>(server.connect)
        pool = new PoolClass(creator.mockReturnValueOnce(opening.promise))
        const controller = new AbortController()
        const left = pool.connect({ signal: controller.signal })
        await tick()
        controller.abort()
        await expect(left).rejects.toThrow('aborted')
        opening.reject(new Error('no database today'))
        await tick()
        expect((await pool.connect()).connection).toBe(server.connections[0])
      })
    })

    test('a signal that has fired already takes no slot', async () => {
      await expect(pool.connect({ signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow(
        'too late',
      )
      await tick()
      expect(pool.status()).toMatchObject({ checkedOut: 0, opened: 0 })
    })

    test('a signal that fires while a free connection is on its way gives it back', async () => {
      await (await pool.connect()).close()
      const controller = new AbortController()
      const left = pool.connect({ signal: controller.signal }).then(
        (pooled) => pooled.close(),
        () => {},
      )
      controller.abort()
      await left
      await tick()
      expect(pool.status().checkedOut).toBe(0)
    })

    test('leaves no listener on the signal', async () => {
      const { signal } = new AbortController()
      await (await pool.connect({ signal })).close()
      await (await pool.connect({ signal })).close()
      expect(getEventListeners(signal, 'abort')).toEqual([])
    })

    describe('invalidate', () => {
      test('closes the connection now and gives the slot back', async () => {
        const pooled = await pool.connect()
        await pooled.invalidate(new Error('broken pipe'))
        expect(server.connections[0]?.isOpen).toBe(false)
        expect(() => pooled.connection).toThrow(ConnectionClosedError)
        expect(() => pooled.connection).toThrow('was invalidated')
        expect(pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
        expect((await pool.connect()).connection).toBe(server.connections[1])
      })

      test('softly leaves the connection usable and replaces it at the next checkout', async () => {
        const pooled = await pool.connect()
        await pooled.invalidate(undefined, { soft: true })
        expect(pooled.connection.isOpen).toBe(true)
        await pooled.close()
        expect((await pool.connect()).connection).toBe(server.connections[1])
        expect(server.open).toEqual([server.connections[1]])
      })

      test('softly says what was wrong, where there is a connection to replace', async () => {
        const told = vi.fn<PoolListener<FakeConnection, 'softInvalidate'>>()
        pool.on('softInvalidate', told)
        const pooled = await pool.connect()
        const { connection } = pooled
        const error = new Error('it answers slowly')
        await pooled.invalidate(error, { soft: true })
        await pooled.invalidate()
        await pooled.invalidate(error, { soft: true })
        expect(told).toHaveBeenCalledExactlyOnceWith(connection, { pool, error })
      })
    })

    describe('detach', () => {
      test('takes the connection out of the pool and frees the slot', async () => {
        const pooled = await pool.connect()
        const connection = pooled.detach()
        expect(pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
        const next = await pool.connect()
        expect(next.connection).not.toBe(connection)
        expect(pooled.connection).toBe(connection)
        expect(pooled.detach()).toBe(connection)
      })

      test.each([
        ['close', 'close'],
        ['hard invalidation', 'invalidate'],
      ] as const)('leaves it to %s to close the connection', async (_how, method) => {
        const heard = eventsOf(pool)
        const pooled = await pool.connect()
        const connection = pooled.detach()
        await pooled.invalidate(undefined, { soft: true })
        expect(connection.isOpen).toBe(true)
        await pooled[method]()
        expect(connection.isOpen).toBe(false)
        await pooled.close()
        const reset = method === 'close'
        expect(connection.calls).toEqual(reset ? ['rollback', 'close'] : ['close'])
        const end = reset ? ['reset', 'closeDetached'] : ['closeDetached']
        expect(heard).toEqual(['firstConnect', 'connect', 'checkout', 'detach', ...end])
        expect(pool.status()).toMatchObject({ opened: 1, closed: 1 })
        expect(warnings).toEqual([])
      })
    })

    describe('dispose', () => {
      test('closes what is idle and leaves the pool usable', async () => {
        await (await pool.connect()).close()
        await pool.dispose()
        expect(server.open).toHaveLength(0)
        expect((await pool.connect()).connection).toBe(server.connections[1])
      })

      test('leaves alone what is out and closes it at its check-in', async () => {
        const pooled = await pool.connect()
        await pool.dispose()
        expect(pooled.connection.isOpen).toBe(true)
        expect(pool.status().checkedOut).toBe(1)
        const next = await pool.connect()
        expect(next.connection).not.toBe(pooled.connection)
        await pooled.close()
        expect(server.connections[0]?.isOpen).toBe(false)
        expect(next.connection.isOpen).toBe(true)
        expect(pool.status().checkedOut).toBe(1)
      })

      test('waits for connections that take their time to close', async () => {
        server = new FakeServer(SlowFakeConnection)
        pool = new PoolClass(server.connect)
        await (await pool.connect()).close()
        await pool.dispose()
        expect(server.open).toHaveLength(0)
      })

      test('while a connection is being opened lends it and closes it at its check-in', async () => {
        const opening = Promise.withResolvers<FakeConnection>()
        pool = new PoolClass(() => opening.promise)
        const checkout = pool.connect()
        await tick()
        await pool.dispose()
        opening.resolve(server.connect())
        await (await checkout).close()
        expect(server.open).toHaveLength(0)
      })

      test('in the same breath as a checkout lends an open connection', async () => {
        await (await pool.connect()).close()
        const [pooled] = await Promise.all([pool.connect(), pool.dispose()])
        expect(pooled.connection.isOpen).toBe(true)
        await pooled.close()
        await pool.dispose()
        expect(server.open).toHaveLength(0)
        expect(pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
      })

      test('goes on when a connection cannot be closed', async () => {
        const pooled = await pool.connect()
        pooled.connection.failing.add('close')
        await pooled.close()
        await pool.dispose()
        expect(warnings).toEqual([
          expect.stringMatching(new RegExp(`^${PoolClass.name}: .*close of connection 1 failed$`)),
        ])
        await expect(pool.connect()).resolves.toBeDefined()
      })
    })

    describe('recreate', () => {
      test('makes an empty pool of the same class with the same options and listeners', async () => {
        const connected = vi.fn<PoolListener<FakeConnection, 'connect'>>()
        pool = new PoolClass(server.connect, { poolResetOnReturn: 'commit' }).on('connect', connected)
        await (await pool.connect()).close()
        const other = pool.recreate()
        expect(other).toBeInstanceOf(PoolClass)
        expect(other.status()).toMatchObject({ opened: 0, idle: 0 })
        await (await other.connect()).close()
        expect(connected).toHaveBeenCalledTimes(2)
        expect(connected).toHaveBeenLastCalledWith(server.connections[1], { pool: other })
        expect(server.connections[1]?.calls[0]).toBe('commit')
      })
    })

    describe('events', () => {
      test('tell the life of a connection in order', async () => {
        const heard = eventsOf(pool)
        const first = await pool.connect()
        await first.invalidate(undefined, { soft: true })
        await first.close()
        const second = await pool.connect()
        await second.invalidate()
        await second.close()
        const life = [
          'connect',
          'checkout',
          'softInvalidate',
          'reset',
          'checkin',
          'close',
          'connect',
          'checkout',
        ]
        expect(heard).toEqual(['firstConnect', ...life, 'invalidate', 'close', 'checkin'])
        expect(warnings).toEqual([])
      })

      test.each(['firstConnect', 'connect'] as const)(
        'a %s listener that throws closes the fresh connection and gives the slot back',
        async (event) => {
          const listener = vi
            .fn<() => Promise<void>>(async () => {})
            .mockRejectedValueOnce(new Error('not like this'))
          pool.on(event, listener)
          await expect(pool.connect()).rejects.toThrow('not like this')
          expect(server.open).toHaveLength(0)
          expect(pool.status().checkedOut).toBe(0)
          expect((await pool.connect()).connection).toBe(server.connections[1])
          expect(listener).toHaveBeenCalledTimes(2)
        },
      )

      test('a checkout listener that throws gives the connection back, reset', async () => {
        pool.on(
          'checkout',
          vi.fn().mockImplementationOnce((connection: FakeConnection) => {
            connection.inTransaction = true
            throw new Error('not you')
          }),
        )
        await expect(pool.connect()).rejects.toThrow('not you')
        expect(pool.status().checkedOut).toBe(0)
        expect(server.connections[0]?.inTransaction).toBe(false)
        const pooled = await pool.connect()
        expect(pooled.connection).toBe(server.connections[keeps ? 0 : 1])
      })

      test('a reset listener that throws counts as a failed reset', async () => {
        pool.on('reset', vi.fn().mockRejectedValueOnce(new Error('cannot clean this')))
        const pooled = await pool.connect()
        await pooled.close()
        expect(server.connections[0]?.isOpen).toBe(false)
        await expect(pool.connect()).resolves.toBeDefined()
      })

      test.each(['checkin', 'close', 'invalidate', 'softInvalidate', 'detach', 'closeDetached'] as const)(
        'a %s listener that throws is a warning and loses nothing',
        async (event) => {
          pool.on(event, () => {
            throw new Error('thrown')
          })
          pool.on(event, () => Promise.reject(new Error('rejected')))
          await (await pool.connect()).close()
          const soft = await pool.connect()
          await soft.invalidate(undefined, { soft: true })
          await soft.close()
          const hard = await pool.connect()
          await hard.invalidate()
          await hard.close()
          const detached = await pool.connect()
          detached.detach()
          await detached.close()
          await pool.dispose()
          expect(warnings.join('\n')).toMatch(
            new RegExp(`${event} event failed: thrown[^]*${event} event failed: rejected`),
          )
          expect(server.open).toHaveLength(0)
          expect(pool.status().checkedOut).toBe(0)
        },
      )

      test('asynchronous listeners are awaited', async () => {
        const seen: string[] = []
        for (const event of ['firstConnect', 'connect', 'checkout', 'reset', 'checkin'] as const) {
          pool.on(event, async () => {
            await tick()
            seen.push(event)
          })
        }
        const pooled = await pool.connect()
        expect(seen).toEqual(['firstConnect', 'connect', 'checkout'])
        await pooled.close()
        expect(seen).toEqual(['firstConnect', 'connect', 'checkout', 'reset', 'checkin'])
      })

      test('an asynchronous listener is awaited beside one that is not', async () => {
        const written = vi.fn<() => void>()
        pool.on('checkin', () => {})
        pool.on('checkin', async () => {
          await tick()
          written()
        })
        await (await pool.connect()).close()
        expect(written).toHaveBeenCalledTimes(1)
      })

      test('a listener that is put on while an event is told hears the next one', async () => {
        const late = vi.fn<() => void>()
        pool.on('checkout', () => void pool.on('checkout', late))
        await (await pool.connect()).close()
        expect(late).not.toHaveBeenCalled()
        await (await pool.connect()).close()
        expect(late).toHaveBeenCalledTimes(1)
      })

      test('taking off a listener that was never put on leaves the others', async () => {
        const listener = vi.fn<() => void>()
        pool.on('checkout', listener).off('checkout', () => {})
        await pool.connect()
        expect(listener).toHaveBeenCalledTimes(1)
      })

      test('a listener that was taken off hears nothing', async () => {
        const listener = vi.fn<() => void>()
        pool.on('checkout', listener).off('checkout', listener).off('checkout', listener)
        await pool.connect()
        expect(listener).not.toHaveBeenCalled()
      })
    })

    test('status is a plain object that reads as a line', async () => {
      await pool.connect()
      const status = pool.status()
      expect(Object.keys(status)).toEqual([
        'poolclass',
        'size',
        'idle',
        'checkedOut',
        'overflow',
        'waiting',
        'opened',
        'closed',
      ])
      expect(JSON.parse(JSON.stringify(status))).toMatchObject({
        poolclass: PoolClass.name,
        checkedOut: 1,
        opened: 1,
      })
      expect(String(status)).toBe(
        `${PoolClass.name} size: ${status.size}, idle: 0, checked out: 1, overflow: 0, waiting: 0, opened: 1, closed: 0`,
      )
    })
  },
)
