import { AssertionPool, PoolAssertionError } from '@poolclass/pools'
import { expect, test } from 'vitest'
import { FakeServer } from './fake-connection.ts'

test('a second checkout from an AssertionPool throws and shows where the first was made', async () => {
  const pool = new AssertionPool(new FakeServer().connect)
  async function theCulprit(): Promise<() => Promise<void>> {
    const pooled = await pool.connect()
    return () => pooled.close()
  }
  const release = await theCulprit()
  const error = await pool.connect().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(PoolAssertionError)
  expect(error).toMatchObject({
    code: 'POOL_ASSERTION',
    message: expect.stringMatching(/^AssertionPool: a second [^]*theCulprit[^]*assertion-pool\.test/),
  })
  await release()
  await expect(pool.connect()).resolves.toBeDefined()
})

function theRealCulprit(): Error {
  return new Error('taken here')
}

test('an AssertionPool shows the holder that the borrower names instead', async () => {
  const pool = new AssertionPool(new FakeServer().connect)
  const pooled = await pool.connect()
  pooled.holder = theRealCulprit()
  await expect(pool.connect()).rejects.toThrow('theRealCulprit')
})

test('an AssertionPool refuses a second checkout while the first connection is still being opened', async () => {
  const server = new FakeServer()
  const pool = new AssertionPool(async () => server.connect())
  const [first, second] = await Promise.allSettled([pool.connect(), pool.connect()])
  expect([first.status, second.status]).toEqual(['fulfilled', 'rejected'])
})

test('an AssertionPool leaves the stack trace limit as it was', async () => {
  const before = Error.stackTraceLimit
  await new AssertionPool(new FakeServer().connect).connect()
  expect(Error.stackTraceLimit).toBe(before)
})
