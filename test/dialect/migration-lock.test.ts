import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { LIBRARIES } from '../../packages/dialect/src/drivers/local/libraries.ts'
import { lockDatabase } from '../../packages/dialect/src/drivers/local/lock-database.ts'
import { MigrationLock } from '../../packages/dialect/src/waiting/migration-lock.ts'
import { testedDriver } from '../support/driver.ts'
import { failureOf } from '../support/failure.ts'
import { isLocked } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function newLock(filename: string): MigrationLock {
  return new MigrationLock(() => lockDatabase(LIBRARIES[testedDriver], filename))
}

function newFile(): string {
  return join(temporaryDirectory(), 'app.db-migration-lock')
}

test('a migrator of another dialect waits until the one that has the lock releases it', async () => {
  const filename = newFile()
  const [one, other] = [newLock(filename), newLock(filename)]
  const [first, second] = [{}, {}]
  await one.acquire(first)
  const order: string[] = []
  const waiting = other.acquire(second).then(() => order.push('acquired'))
  await delay(50)
  order.push('released')
  one.release(first)
  await waiting
  onTestFinished(() => other.release(second))
  expect(order).toEqual(['released', 'acquired'])
  expect(isLocked(filename)).toBe(true)
})

test('migrators of one dialect have the lock one after the other, in memory as well', async () => {
  const lock = new MigrationLock(async () => () => {})
  const [first, second] = [{}, {}]
  await lock.acquire(first)
  let acquired = false
  const waiting = lock.acquire(second).then(() => (acquired = true))
  await delay(10)
  expect(acquired).toBe(false)
  lock.release(first)
  await waiting
  expect(acquired).toBe(true)
})

test('a lock is released by the migrator that has it alone, and once', async () => {
  const filename = newFile()
  const lock = newLock(filename)
  const holder = {}
  await lock.acquire(holder)
  lock.release({})
  expect(isLocked(filename)).toBe(true)
  lock.release(holder)
  lock.release(holder)
  expect(isLocked(filename)).toBe(false)
})

test('a migrator that cannot have the lock fails, and so does the next one, instead of waiting for it', async () => {
  const filename = newFile()
  writeFileSync(filename, 'not a database'.repeat(100))
  const lock = newLock(filename)
  expect((await failureOf(lock.acquire({}))).code).toBe('SQLITE_NOTADB')
  expect((await failureOf(lock.acquire({}))).code).toBe('SQLITE_NOTADB')
  rmSync(filename)
  const migrator = {}
  await lock.acquire(migrator)
  expect(isLocked(filename)).toBe(true)
  lock.release(migrator)
})
