import { expect, test } from 'vitest'
import { newDialect } from '../support/open.ts'
import { failureOf } from '../support/failure.ts'

test('a driver that was destroyed before its first use has opened nothing, and can still be used', async () => {
  const dialect = newDialect(':memory:')
  const driver = dialect.createDriver()
  await driver.destroy()
  expect(dialect.pool.status().opened).toBe(0)
  await driver.init()
  await driver.releaseConnection(await driver.acquireConnection({}))
  await driver.destroy()
})

test('a connection of another driver is refused before anything is done with it', async () => {
  const driver = newDialect(':memory:').createDriver()
  const foreign = {
    executeQuery: () => Promise.reject(new Error('this is never asked')),
    streamQuery: () => {
      throw new Error('this is never asked')
    },
  }
  const begin = async (): Promise<void> => await driver.beginTransaction(foreign, {})
  expect(await failureOf(begin())).toMatchObject({
    name: 'TypeError',
    message: expect.stringContaining('another driver'),
  })
})
