import { describe, expect, test, vi } from 'vitest'
import type { Holder } from '../../packages/dialect/src/waiting/nested-use.ts'
import { BEFORE_ALL, WriteQueue, writeQueueOf } from '../../packages/dialect/src/waiting/write-queue.ts'
import { failureOf } from '../support/failure.ts'
import { sqliteError } from '../support/sqlite-error.ts'

const newWriter = (takenAt?: Error): Holder & { connected: boolean } => ({
  connected: true,
  inside: 'db.transaction()',
  takenAt,
  sqliteError,
})

describe('the line of writers', () => {
  test('gives the lock to one at a time, who may ask for it again', () => {
    const queue = new WriteQueue()
    const [first, second] = [newWriter(), newWriter()]
    expect([queue.tryLock(first), queue.tryLock(first), queue.tryLock(second)]).toEqual([true, true, false])
    expect(queue.writer).toBe(first)
    queue.leave(first)
    expect(queue.writer).toBeUndefined()
  })

  test('lets others pass one who waits for a connection, who keeps its place', async () => {
    const queue = new WriteQueue()
    const [first, second, third] = [newWriter(), newWriter(), newWriter()]
    const place = queue.newPlace()
    first.connected = false
    queue.tryLock(first)
    const locking = queue.lock(second, { timeout: 1000 })
    const last = queue.lock(third, { timeout: 1000 })
    queue.stepAside(first)
    await locking
    expect(queue.writer).toBe(second)
    expect(queue.isFirst(place)).toBe(true)
    first.connected = true
    const back = queue.lock(first, { timeout: 1000 }, place)
    queue.leave(second)
    await back
    expect(queue.writer).toBe(first)
    queue.leave(first)
    await last
    expect(queue.writer).toBe(third)
  })

  test('gives a writer that may not wait the lock of one who has no connection yet, and of no other', () => {
    const queue = new WriteQueue()
    const [opening, upgrading, other] = [newWriter(), newWriter(), newWriter()]
    opening.connected = false
    queue.tryLock(opening)
    expect([queue.tryLock(upgrading), queue.tryLock(upgrading, BEFORE_ALL)]).toEqual([false, true])
    expect([queue.tryLock(other, BEFORE_ALL), queue.tryLock(opening)]).toEqual([false, false])
    expect(queue.writer).toBe(upgrading)
  })

  test('holds who writes to blame when somebody in it gives up, and shows where that transaction was begun', async () => {
    const queue = new WriteQueue()
    queue.tryLock(newWriter(theCulprit()))
    const failure = await failureOf(queue.lock(newWriter(), { timeout: 5 }))
    expect(failure.code).toBe('SQLITE_BUSY')
    expect(failure.message).toMatch(/^database is locked: a connection of this thread/)
    expect(failure.message).toMatch(/\nIt is held by a transaction, begun here:[^]*theCulprit/)
  })

  test('says no more than that where it is not known where the transaction was begun', async () => {
    const queue = new WriteQueue()
    queue.tryLock(newWriter())
    const failure = await failureOf(queue.lock(newWriter(), { timeout: 5 }))
    expect(failure.code).toBe('SQLITE_BUSY')
    expect(failure.message).not.toContain('\n')
  })

  test('tells those who listen whenever a writer leaves, until they stop', () => {
    const queue = new WriteQueue()
    const [stays, goes] = [vi.fn<() => void>(), vi.fn<() => void>()]
    queue.onRelease(stays)
    const stop = queue.onRelease(goes)
    const writer = newWriter()
    queue.tryLock(writer)
    queue.leave(writer)
    stop()
    queue.leave(writer)
    expect([stays.mock.calls.length, goes.mock.calls.length]).toEqual([2, 1])
  })

  test('is the same for all that name a database by the same key, and another one for another key', () => {
    const queue = writeQueueOf('one')
    expect(writeQueueOf('one')).toBe(queue)
    expect(writeQueueOf('other')).not.toBe(queue)
  })
})

function theCulprit(): Error {
  return new Error('a transaction, begun here:')
}
