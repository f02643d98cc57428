import { type AcquireMessage, type ConnectMessage, QueuePool, type ReleaseMessage } from '@poolclass/pools'
import { expect, test } from 'vitest'
import { messagesOf, tracesOf } from '../support/channels.ts'
import { type FakeConnection, FakeServer } from './fake-connection.ts'

const ACQUIRE = 'poolclass:pool:acquire'

function oneConnection(server = new FakeServer()): QueuePool<FakeConnection> {
  return new QueuePool(server.connect, { poolSize: 1, maxOverflow: 0, poolTimeout: 20 })
}

test('a checkout that has to wait for nothing is told from start to end, with its connection', async () => {
  const pool = oneConnection()
  await (await pool.connect()).close()
  const { phases, messages } = tracesOf<AcquireMessage>(ACQUIRE)
  const pooled = await pool.connect()
  expect(phases).toEqual(['start', 'end'])
  expect(messages).toEqual([
    { pool, connection: pooled.connection, startTime: expect.any(Number), duration: expect.any(Number) },
  ])
})

test('a checkout that waits ends asynchronously, and its duration is the wait', async () => {
  const pool = oneConnection()
  const first = await pool.connect()
  const { phases, messages } = tracesOf<AcquireMessage>(ACQUIRE)
  const second = pool.connect()
  expect(phases).toEqual(['start', 'end'])
  expect(messages[0]).not.toHaveProperty('connection')
  const before = performance.now()
  await first.close()
  await second
  expect(phases).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
  expect(messages).toHaveLength(1)
  expect(messages[0]!.duration).toBeGreaterThanOrEqual(before - messages[0]!.startTime)
})

test('a checkout that fails tells its error', async () => {
  const pool = oneConnection()
  await pool.connect()
  const { phases, messages } = tracesOf<AcquireMessage>(ACQUIRE)
  await expect(pool.connect()).rejects.toMatchObject({ code: 'POOL_TIMEOUT' })
  expect(phases).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  expect(messages[0]).toMatchObject({ error: { code: 'POOL_TIMEOUT' } })
})

test('a checkout whose signal has fired before fails at once', () => {
  const { phases } = tracesOf<AcquireMessage>(ACQUIRE)
  expect(() => oneConnection().connectNow({ signal: AbortSignal.abort() })).toThrow('aborted')
  expect(phases).toEqual(['start', 'error', 'end'])
})

test.each(['close', 'invalidate', 'detach'] as const)(
  'the end of a checkout by %s() is told once, with the time that it was out',
  async (end) => {
    const released = messagesOf<ReleaseMessage>('poolclass:pool:release')
    const pool = oneConnection()
    const pooled = await pool.connect()
    const { connection } = pooled
    await pooled[end]()
    await pooled.close()
    expect(released).toEqual([
      { pool, connection, startTime: expect.any(Number), duration: expect.any(Number) },
    ])
  },
)

test('what was checked out before anybody listened is not told of when it comes back', async () => {
  const pool = oneConnection()
  const pooled = await pool.connect()
  const released = messagesOf<ReleaseMessage>('poolclass:pool:release')
  await pooled.close()
  await (await pool.connect()).close()
  expect(released).toHaveLength(1)
})

test('a connection that is opened is told of, and so is one that cannot be', async () => {
  const { phases, messages } = tracesOf<ConnectMessage>('poolclass:connect')
  const pool = oneConnection()
  const { connection } = await pool.connect()
  expect(messages[0]).toMatchObject({ pool, connection })
  expect(phases).toEqual(['start', 'end'])
  const failing = new QueuePool(() => Promise.reject(new Error('no database')))
  await expect(failing.connect()).rejects.toThrow('no database')
  expect(messages[1]).toMatchObject({ pool: failing, error: { message: 'no database' } })
  expect(phases.slice(2)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
})
