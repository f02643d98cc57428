import { GenericPool, PoolTimeoutError, QueuePool, SingletonThreadPool, StaticPool } from '@poolclass/pools'
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

test('connectNow() throws at once what connect() would reject with', async () => {
  const pool = new StaticPool(() => ({ close() {} }), { poolTimeout: 5 })
  expect(() => pool.connectNow({ signal: AbortSignal.abort(new Error('gone')) })).toThrow('gone')
  const held = await pool.connect()
  await expect(pool.connectNow()).rejects.toBeInstanceOf(PoolTimeoutError)
  await held.close()
})
