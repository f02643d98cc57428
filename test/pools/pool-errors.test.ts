import {
  AssertionPool,
  ConnectionClosedError,
  NullPool,
  PoolAssertionError,
  PoolError,
  PoolOptionError,
  PoolTimeoutError,
  StaticPool,
} from '@poolclass/pools'
import { afterEach, expect, test, vi } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { FakeServer } from './fake-connection.ts'

const { connect } = new FakeServer()

afterEach(() => {
  vi.restoreAllMocks()
})

test.each([
  [
    PoolOptionError,
    'PoolOptionError',
    'POOL_OPTION',
    async () => new StaticPool(connect, { poolTimeout: -1 }),
  ],
  [
    PoolTimeoutError,
    'PoolTimeoutError',
    'POOL_TIMEOUT',
    async () => {
      const pool = new StaticPool(connect, { poolTimeout: 0 })
      await pool.connect()
      return pool.connect()
    },
  ],
  [
    PoolAssertionError,
    'PoolAssertionError',
    'POOL_ASSERTION',
    async () => {
      const pool = new AssertionPool(connect)
      await pool.connect()
      return pool.connect()
    },
  ],
  [
    ConnectionClosedError,
    'ConnectionClosedError',
    'POOL_CONNECTION_CLOSED',
    async () => {
      const pooled = await new NullPool(connect).connect()
      await pooled.close()
      return pooled.connection
    },
  ],
])(
  'a %o is known by its class, its name and its code, and is a PoolError',
  async (Kind, name, code, cause) => {
    const error = await failureOf(cause())
    expect(error).toBeInstanceOf(Kind)
    expect(error).toBeInstanceOf(PoolError)
    expect(error).toMatchObject({ name, code })
  },
)

/** How a pool warns of a connection whose `close()` throws this. */
async function warningOf(thrown: unknown): Promise<unknown[]> {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const pool = new NullPool(() => ({
    close() {
      throw thrown
    },
  }))
  await (await pool.connect()).close()
  expect(warn).toHaveBeenCalledTimes(1)
  return warn.mock.calls[0]!
}

test('a warning is known by its type and its code, and brings the stack of what went wrong', async () => {
  const error = new Error('disk gone')
  const [text, options] = await warningOf(error)
  expect(text).toContain('disk gone')
  expect(options).toEqual({ type: 'PoolWarning', code: 'POOL_WARNING', detail: error.stack })
})

test.each([
  ['is no error', 'disk gone'],
  ['has no stack', Object.assign(new Error('disk gone'), { stack: undefined })],
  ['is null', null],
])('a warning of something that %s shows it as text', async (_, thrown) => {
  const [text, options] = await warningOf(thrown)
  expect(text).toContain(thrown === null ? 'null' : 'disk gone')
  expect(options).toEqual({ type: 'PoolWarning', code: 'POOL_WARNING' })
})
