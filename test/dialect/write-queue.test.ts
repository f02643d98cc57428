import { describe, expect, test, vi } from 'vitest'
import type { Holder } from '../../packages/dialect/src/waiting/nested-use.ts'
import { WriteQueue, writeQueueOf } from '../../packages/dialect/src/waiting/write-queue.ts'
import { failureOf } from '../support/failure.ts'
import { sqliteError } from '../support/sqlite-error.ts'

const newWriter = (takenAt?: Error): Holder => ({
  connected: true,
  inside: 'db.transaction()',
  takenAt,
  sqliteError,
})

describe('the line of writers', () => {
  test('is joined at once only where it is empty and nobody writes', () => {
    const queue = new WriteQueue()
    const [first, second, third] = [newWriter(), newWriter(), newWriter()]
    expect(queue.tryEnter(first)).toBe(true)
    expect(queue.tryEnter(second)).toBe(false)
    queue.leave(first)
    expect(queue.tryLock(third)).toBe(true)
    expect(queue.tryEnter(second)).toBe(false)
    queue.leave(third)
    expect(queue.tryEnter(second)).toBe(true)
  })

  test('gives the lock to one at a time, who may ask for it again', () => {
    const queue = new WriteQueue()
    const [first, second] = [newWriter(), newWriter()]
    expect([queue.tryLock(first), queue.tryLock(first), queue.tryLock(second)]).toEqual([true, true, false])
    expect(queue.writer).toBe(first)
    queue.leave(first)
    expect(queue.writer).toBeUndefined()
  })

  test('moves on when its head leaves, whether it has come to write or not', async () => {
    const queue = new WriteQueue()
    const [first, second, third] = [newWriter(), newWriter(), newWriter()]
    await queue.enter(first, { timeout: 1000 })
    await queue.lock(first, { timeout: 1000 })
    const entering = queue.enter(second, { timeout: 1000 })
    const next = queue.enter(third, { timeout: 1000 })
    queue.leave(first)
    await entering
    queue.leave(second)
    await next
    expect(queue.writer).toBeUndefined()
    expect(queue.tryLock(third)).toBe(true)
  })

  test('holds who writes to blame when somebody in it gives up, and shows where that transaction was begun', async () => {
    const queue = new WriteQueue()
    const writer = newWriter(theCulprit())
    queue.tryEnter(newWriter(new Error('begun by the head of the line')))
    queue.tryLock(writer)
    const failure = await failureOf(queue.enter(newWriter(), { timeout: 5 }))
    expect(failure.code).toBe('SQLITE_BUSY')
    expect(failure.message).toMatch(/^database is locked: a connection of this thread/)
    expect(failure.message).toMatch(/\nIt is held by a transaction, begun here:[^]*theCulprit/)
    expect(failure.message).not.toContain('head of the line')
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
