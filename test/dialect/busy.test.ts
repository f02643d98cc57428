import { getEventListeners } from 'node:events'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { busyError, untilNotBusy } from '../../packages/dialect/src/waiting/busy.ts'
import { failureOf } from '../support/failure.ts'
import { openPlain } from '../support/open-plain.ts'
import { RawLock } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { sqliteError } from '../support/sqlite-error.ts'

/** A lock on a new database, and an attempt of another connection to write to it, which notes when it was made. */
function lockedDatabase(): { lock: RawLock; attempt: () => string; madeAt: number[] } {
  const filename = join(temporaryDirectory(), 'app.db')
  const lock = new RawLock(filename)
  const database = openPlain(filename, { timeout: 0 })
  const madeAt: number[] = []
  const attempt = (): string => {
    madeAt.push(performance.now())
    database.exec('begin immediate; rollback')
    return 'written'
  }
  return { lock, attempt, madeAt }
}

function pausesBetween(madeAt: readonly number[]): number[] {
  return madeAt.slice(1).map((at, index) => at - madeAt[index]!)
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('what SQLite refuses because of a lock', () => {
  test.each([
    ['shortest', 0, [0.5, 1, 2, 4, 8, 16, 16, 16]],
    ['longest', 1, [1, 2, 4, 8, 16, 32, 32, 32]],
  ])(
    'is tried again after pauses that double from 1 ms to 32 ms, the %s that chance allows',
    async (_, chance, pauses) => {
      vi.spyOn(Math, 'random').mockReturnValue(chance)
      const { lock, attempt, madeAt } = lockedDatabase()
      const waiting = untilNotBusy(attempt, () => ({ error: sqliteError, timeout: Infinity }))
      while (madeAt.length <= pauses.length) await vi.advanceTimersToNextTimerAsync()
      // A timer is never early, and late by less than a millisecond.
      for (const [index, pause] of pausesBetween(madeAt).entries()) {
        expect(Math.abs(pause - pauses[index]!)).toBeLessThan(1)
      }
      lock.release()
      await vi.advanceTimersToNextTimerAsync()
      expect(await waiting).toBe('written')
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  test('is refused for good once the busy timeout has passed, and the last attempt is made just then', async () => {
    const { attempt, madeAt } = lockedDatabase()
    const failing = failureOf(untilNotBusy(attempt, () => ({ error: sqliteError, timeout: 100 })))
    await vi.advanceTimersByTimeAsync(101)
    expect(await failing).toMatchObject({
      code: 'SQLITE_BUSY',
      message: expect.stringMatching(/^database is locked: another connection .* 10[01] ms/),
      cause: { code: 'SQLITE_BUSY', message: 'database is locked' },
    })
    expect(madeAt.at(-1)! - madeAt[0]!).toBeGreaterThanOrEqual(100)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is refused at once where the busy timeout is 0', async () => {
    const { attempt, madeAt } = lockedDatabase()
    expect(await failureOf(untilNotBusy(attempt, () => ({ error: sqliteError, timeout: 0 })))).toMatchObject({
      code: 'SQLITE_BUSY',
    })
    expect(madeAt).toHaveLength(1)
  })

  test('is tried again at once when a lock of this thread is released, and is not woken any more after that', async () => {
    const { lock, attempt, madeAt } = lockedDatabase()
    const listeners = new Set<() => void>()
    const onRelease = (wake: () => void): (() => void) => {
      listeners.add(wake)
      return () => listeners.delete(wake)
    }
    const waiting = untilNotBusy(attempt, () => ({ error: sqliteError, timeout: 1000, onRelease }))
    await turn()
    expect(listeners.size).toBe(1)
    lock.release()
    for (const wake of listeners) wake()
    expect(await waiting).toBe('written')
    expect(pausesBetween(madeAt)).toEqual([0])
    expect(listeners.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('ends at once with the reason of a signal, and leaves neither a timer nor a listener', async () => {
    const { attempt, madeAt } = lockedDatabase()
    const controller = new AbortController()
    const { signal } = controller
    const stopListening = vi.fn<() => void>()
    const failing = failureOf(
      untilNotBusy(attempt, () => ({
        error: sqliteError,
        timeout: 1000,
        signal,
        onRelease: () => stopListening,
      })),
    )
    await turn()
    controller.abort(new Error('no longer wanted'))
    expect((await failing).message).toBe('no longer wanted')
    expect(madeAt).toHaveLength(1)
    expect(stopListening).toHaveBeenCalledTimes(1)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('leaves no listener on a signal that did not fire', async () => {
    const { lock, attempt } = lockedDatabase()
    const { signal } = new AbortController()
    const waiting = untilNotBusy(attempt, () => ({ error: sqliteError, timeout: 1000, signal }))
    await vi.advanceTimersByTimeAsync(50)
    lock.release()
    await vi.advanceTimersByTimeAsync(50)
    expect(await waiting).toBe('written')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('is not tried a second time where the signal has fired already', async () => {
    const { attempt, madeAt } = lockedDatabase()
    const signal = AbortSignal.abort(new Error('too late'))
    expect(
      (await failureOf(untilNotBusy(attempt, () => ({ error: sqliteError, timeout: 1000, signal })))).message,
    ).toBe('too late')
    expect(madeAt).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})

test.each([
  ['another error of SQLite', sqliteError('no such table: t', 'SQLITE_ERROR')],
  [
    'a refusal that lasts until the transaction ends',
    sqliteError('database is locked', 'SQLITE_BUSY_SNAPSHOT'),
  ],
  ['an error of somebody else', Object.assign(new Error('busy'), { code: 'EBUSY' })],
])('%s is not waited for', async (_, error) => {
  const attempt = vi.fn<() => void>(() => {
    throw error
  })
  expect(await failureOf(untilNotBusy(attempt, () => ({ error: sqliteError, timeout: 1000 })))).toBe(error)
  expect(attempt).toHaveBeenCalledTimes(1)
})

test('an error that comes up while a lock is waited for is thrown on as it is', async () => {
  const error = new Error('disk full')
  const { attempt } = lockedDatabase()
  let attempts = 0
  const failing = failureOf(
    untilNotBusy(
      () => {
        attempts += 1
        if (attempts === 2) throw error
        return attempt()
      },
      () => ({ error: sqliteError, timeout: 1000 }),
    ),
  )
  await vi.advanceTimersByTimeAsync(1)
  expect(await failing).toBe(error)
})

test('the error for a lock that was not released has no cause where SQLite was not asked', () => {
  expect(busyError(sqliteError, 'SQLITE_BUSY', 10.4, 'somebody')).not.toHaveProperty('cause')
})
