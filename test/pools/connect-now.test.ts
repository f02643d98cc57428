import {
  GenericPool,
  NullPool,
  PoolTimeoutError,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { expect, test } from 'vitest'

test.each([
  [SingletonThreadPool, {}],
  [StaticPool, {}],
  [QueuePool, { poolSize: 1, maxOverflow: 0 }],
  [GenericPool, { max: 1 }],
] as const)(
  'connectNow() of a %o gives a free connection itself, and a promise where it has to be opened or waited for',
  async (PoolClass, options) => {
    const pool = new PoolClass(() => ({ close() {} }), options)
    const opening = pool.connectNow()
    expect(opening).toBeInstanceOf(Promise)
    await (await opening).close()
    const free = pool.connectNow()
    expect(free).not.toBeInstanceOf(Promise)
    const waiting = pool.connectNow()
    expect(waiting).toBeInstanceOf(Promise)
    await (await free).close()
    await (await waiting).close()
    expect(pool.status()).toMatchObject({ idle: 1, checkedOut: 0, opened: 1 })
  },
)

test('connectNow() gives a connection itself if the creator opens it at once, and tells the first listeners before', async () => {
  const heard: string[] = []
  const pool = new NullPool(() => ({ close() {} }), {
    poolEvents: { firstConnect: () => void heard.push('firstConnect') },
  })
  const first = pool.connectNow()
  expect(first).toBeInstanceOf(Promise)
  await (await first).close()
  expect(heard).toEqual(['firstConnect'])
  const second = pool.connectNow()
  expect(second).not.toBeInstanceOf(Promise)
  expect(pool.status()).toMatchObject({ checkedOut: 1, opened: 2, closed: 1 })
  await (await second).close()
  pool.on('connect', () => void heard.push('connect'))
  await (await pool.connectNow()).close()
  expect(heard).toEqual(['firstConnect', 'connect'])
})

test('connectNow() rejects with what a creator throws at once, and gives the slot back', async () => {
  let isRefused = false
  const pool = new QueuePool(
    () => {
      if (isRefused) throw new Error('refused')
      return { close() {} }
    },
    { poolSize: 1, maxOverflow: 0 },
  )
  await (await pool.connect()).close()
  await pool.dispose()
  isRefused = true
  await expect(pool.connectNow()).rejects.toThrow('refused')
  expect(pool.status()).toMatchObject({ checkedOut: 0, opened: 1 })
  isRefused = false
  await (await pool.connectNow()).close()
})

test('connectNow() throws at once what connect() would reject with', async () => {
  const pool = new StaticPool(() => ({ close() {} }), { poolTimeout: 5 })
  expect(() => pool.connectNow({ signal: AbortSignal.abort(new Error('gone')) })).toThrow('gone')
  const held = await pool.connect()
  await expect(pool.connectNow()).rejects.toBeInstanceOf(PoolTimeoutError)
  await held.close()
})
