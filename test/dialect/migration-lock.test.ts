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

/** Those of Kysely, of which a lock beside a file needs nothing. */
const OPTIONS = { lockTable: 'kysely_migration_lock', lockRowId: 'migration_lock' }

const library = LIBRARIES[testedDriver]
await library.load()

function newLock(filename: string): MigrationLock {
  return new MigrationLock(() => lockDatabase(library, filename))
}

function newFile(): string {
  return join(temporaryDirectory(), 'app.db-migration-lock')
}

test('a migrator of another dialect waits until the one that has the lock releases it', async () => {
  const filename = newFile()
  const [one, other] = [newLock(filename), newLock(filename)]
  const [first, second] = [{}, {}]
  await one.acquire(first, OPTIONS)
  const order: string[] = []
  const waiting = other.acquire(second, OPTIONS).then(() => order.push('acquired'))
  await delay(50)
  order.push('released')
  await one.release(first)
  await waiting
  onTestFinished(() => other.release(second))
  expect(order).toEqual(['released', 'acquired'])
  expect(isLocked(filename)).toBe(true)
})

test('migrators of one dialect have the lock one after the other, in memory as well', async () => {
  const lock = new MigrationLock(async () => () => {})
  const [first, second] = [{}, {}]
  await lock.acquire(first, OPTIONS)
  let acquired = false
  const waiting = lock.acquire(second, OPTIONS).then(() => (acquired = true))
  await delay(10)
  expect(acquired).toBe(false)
  await lock.release(first)
  await waiting
  expect(acquired).toBe(true)
})

test('a lock is released by the migrator that has it alone, and once', async () => {
  const filename = newFile()
  const lock = newLock(filename)
  const holder = {}
  await lock.acquire(holder, OPTIONS)
  await lock.release({})
  expect(isLocked(filename)).toBe(true)
  await lock.release(holder)
  await lock.release(holder)
  expect(isLocked(filename)).toBe(false)
})

test('a migrator that cannot have the lock fails, and so does the next one, instead of waiting for it', async () => {
  const filename = newFile()
  writeFileSync(filename, 'not a database'.repeat(100))
  const lock = newLock(filename)
  expect((await failureOf(lock.acquire({}, OPTIONS))).code).toBe('SQLITE_NOTADB')
  expect((await failureOf(lock.acquire({}, OPTIONS))).code).toBe('SQLITE_NOTADB')
  rmSync(filename)
  const migrator = {}
  await lock.acquire(migrator, OPTIONS)
  expect(isLocked(filename)).toBe(true)
  await lock.release(migrator)
})
