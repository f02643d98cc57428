import { getEventListeners } from 'node:events'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { FifoLock } from '../../packages/dialect/src/waiting/fifo-lock.ts'

const newLock = (): FifoLock<{ name: string }> =>
  new FifoLock((waited, owner) => new Error(`${owner.name} kept it`))
const named = (name: string): { name: string } => ({ name })

/** Waits for 100 ms and notes what came of it. */
function waitFor(lock: FifoLock<{ name: string }>): { outcome: string } {
  const waiter = { outcome: 'waits' }
  lock.acquire(named('waiter'), { timeout: 100 }).then(
    () => (waiter.outcome = 'has it'),
    (error: Error) => (waiter.outcome = error.message),
  )
  return waiter
}

const newTellingLock = (isReady?: (owner: { name: string }) => boolean): FifoLock<{ name: string }> =>
  new FifoLock((waited, owner) => new Error(`${owner.name} kept it for ${waited} ms`), isReady)

describe('a FIFO lock', () => {
  test('is given to those who wait in the order in which they came', async () => {
    const lock = newLock()
    const owners = Array.from({ length: 20 }, (_, index) => named(`owner ${index}`))
    const served: string[] = []
    const all = owners.map(async (owner) => {
      await lock.acquire(owner, { timeout: Infinity })
      served.push(owner.name)
      await Promise.resolve()
      lock.release(owner)
    })
    await Promise.all(all)
    expect(served).toEqual(owners.map((owner) => owner.name))
    expect(lock.owner).toBeUndefined()
  })

  test('passes over a waiter that has left by its signal', async () => {
    const lock = newLock()
    const [first, leaver, last] = [named('first'), named('leaver'), named('last')]
    lock.tryAcquire(first)
    const controller = new AbortController()
    const left = lock.acquire(leaver, { timeout: Infinity, signal: controller.signal })
    const served = lock.acquire(last, { timeout: Infinity })
    controller.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    lock.release(first)
    await served
    expect(lock.owner).toBe(last)
  })

  test('refuses a signal that has fired before', async () => {
    await expect(
      newLock().acquire(named('late'), { timeout: 1, signal: AbortSignal.abort(new Error('gone')) }),
    ).rejects.toThrow('gone')
  })

  test('gives up on an owner that keeps it, and names the owner', async () => {
    const lock = newLock()
    lock.tryAcquire(named('the keeper'))
    await expect(lock.acquire(named('waiter'), { timeout: 5 })).rejects.toThrow('the keeper kept it')
    expect(lock.isFirst(Infinity)).toBe(true)
  })

  test('does not spin while nobody is to blame for the wait of those who would not wait at all', async () => {
    const lock = newTellingLock(() => false)
    const waiters = Array.from({ length: 20 }, (_, index) => named(`waiter ${index}`))
    lock.tryAcquire(named('owner'))
    const timers = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => timers.mockRestore())
    await Promise.all(waiters.map((waiter) => lock.acquire(waiter, { timeout: 0 })))
    expect(timers.mock.calls.length).toBeLessThan(500)
    expect(lock.owner).toBe(waiters.at(-1))
  })

  test('does not spin while an owner that is not to blame keeps it from those who would not wait at all', async () => {
    const lock = new FifoLock<{ name: string }>(() => undefined)
    const owner = named('owner')
    lock.tryAcquire(owner)
    const timers = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => timers.mockRestore())
    const waiting = Array.from({ length: 10 }, async (_, index) => {
      const waiter = named(`waiter ${index}`)
      await lock.acquire(waiter, { timeout: 0 })
      lock.release(waiter)
    })
    await delay(100)
    expect(timers.mock.calls.length).toBeLessThan(400)
    lock.release(owner)
    await Promise.all(waiting)
  })

  test('gives one who comes back the place that it had, before those who came later', async () => {
    const lock = newLock()
    const owner = named('owner')
    lock.tryAcquire(owner)
    const places = Array.from({ length: 6 }, () => lock.newPlace())
    const served: number[] = []
    const comeTo = async (index: number): Promise<void> => {
      const waiter = named(`${index}`)
      await lock.acquire(waiter, { timeout: Infinity }, places[index])
      served.push(index)
      lock.release(waiter)
    }
    const all = [2, 0, 5, 4, 1, 3].map(comeTo)
    expect(lock.isFirst(places[0]!)).toBe(true)
    expect(lock.isFirst(places[1]!)).toBe(false)
    lock.release(owner)
    await Promise.all(all)
    expect(served).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('keeps its place for one who reserves it, who then takes it, queues for it or lets others pass', async () => {
    const lock = newLock()
    const [taker, passer, queuer] = [named('taker'), named('passer'), named('queuer')]
    const places = [taker, passer, queuer].map((owner) => lock.reserve(owner))
    const last = waitFor(lock)
    expect(lock.owner).toBeUndefined()
    expect(lock.tryAcquire(taker, places[0])).toBe(true)
    const queued = lock.acquire(queuer, { timeout: Infinity }, places[2])
    lock.release(taker)
    expect(lock.owner).toBeUndefined()
    lock.letPass(passer)
    await queued
    expect(last.outcome).toBe('waits')
    lock.release(queuer)
    await turn()
    expect(last.outcome).toBe('has it')
  })

  test('calls nobody first while one who came before has reserved it', () => {
    const lock = newLock()
    const undecided = named('undecided')
    const earlier = lock.reserve(undecided)
    const later = lock.newPlace()
    expect([earlier, later].map((place) => lock.isFirst(place))).toEqual([true, false])
    lock.letPass(undecided)
    expect(lock.isFirst(later)).toBe(true)
  })

  test('goes to one whose time is up where another has reserved it all the time', async () => {
    const lock = newLock()
    const undecided = named('undecided')
    const place = lock.reserve(undecided)
    const waiter = named('waiter')
    await lock.acquire(waiter, { timeout: 5 })
    expect(lock.tryAcquire(undecided, place)).toBe(false)
    lock.release(waiter)
    expect(lock.tryAcquire(undecided, place)).toBe(true)
  })

  test('goes from an owner that is not ready to one that is and whose place is before it, and to no other', () => {
    const ready = new Set<object>()
    const lock = newTellingLock((owner) => ready.has(owner))
    const places = [lock.newPlace(), lock.newPlace(), lock.newPlace()]
    const [first, second, third] = [named('first'), named('second'), named('third')]
    expect(lock.tryAcquire(second, places[1])).toBe(true)
    expect(lock.tryAcquire(first, places[0])).toBe(false)
    ready.add(first).add(third)
    expect(lock.tryAcquire(third, places[2])).toBe(false)
    expect(lock.tryAcquire(first, places[0])).toBe(true)
    ready.add(second)
    expect(lock.tryAcquire(second, places[1])).toBe(false)
    lock.release(second)
    expect(lock.owner).toBe(first)
  })

  test('keeps those in the line who wait behind one that is given it and leaves before being told', async () => {
    const lock = newLock()
    const [owner, leaver, last] = [named('owner'), named('leaver'), named('last')]
    const controller = new AbortController()
    lock.tryAcquire(owner)
    const left = lock.acquire(leaver, { timeout: Infinity, signal: controller.signal })
    const served = lock.acquire(last, { timeout: Infinity })
    const start = performance.now()
    while (performance.now() - start < 50);
    lock.release(owner)
    controller.abort(new Error('gone'))
    await left.catch(() => lock.release(leaver))
    lock.release(leaver)
    await served
    expect(lock.owner).toBe(last)
  })

  test('lets the event loop turn now and then while owners hand it on without waiting', async () => {
    const lock = newLock()
    const owners = Array.from({ length: 50 }, (_, index) => named(`owner ${index}`))
    let served = 0
    let servedAtTurn: number | undefined
    const all = owners.map(async (owner) => {
      await lock.acquire(owner, { timeout: Infinity })
      served += 1
      const start = performance.now()
      while (performance.now() - start < 1);
      lock.release(owner)
    })
    setImmediate(() => {
      servedAtTurn = served
    })
    await Promise.all(all)
    expect(servedAtTurn).toBeLessThan(owners.length)
  })

  test('is handed on without a turn of the event loop where that was not long ago', async () => {
    const lock = newLock()
    const owners = Array.from({ length: 50 }, (_, index) => named(`owner ${index}`))
    let turns = 0
    const counting = setInterval(() => (turns += 1), 0)
    const start = performance.now()
    await Promise.all(
      owners.map(async (owner) => {
        await lock.acquire(owner, { timeout: Infinity })
        lock.release(owner)
      }),
    )
    clearInterval(counting)
    expect(turns).toBeLessThanOrEqual(1 + (performance.now() - start) / 5)
  })

  describe('counts the time-out', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    test('not for what earlier owners took', async () => {
      const lock = newLock()
      const owners = Array.from({ length: 12 }, (_, index) => named(`owner ${index}`))
      const all = Promise.all(
        owners.map(async (owner) => {
          await lock.acquire(owner, { timeout: 200 })
          await new Promise((resolve) => setTimeout(resolve, 40))
          lock.release(owner)
        }),
      )
      for (const _ of owners) {
        await turn()
        await vi.advanceTimersByTimeAsync(40)
      }
      await all
      expect(lock.owner).toBeUndefined()
    })

    test('of the waiter with the shortest one first, wherever it is in the line', async () => {
      const lock = newLock()
      lock.tryAcquire(named('the keeper'))
      const order: string[] = []
      const giveUp = (name: string, timeout: number): Promise<unknown> =>
        lock.acquire(named(name), { timeout }).catch(() => order.push(name))
      const all = [giveUp('patient', 60), giveUp('hasty', 5), giveUp('calm', 30)]
      await vi.advanceTimersByTimeAsync(60)
      await Promise.all(all)
      expect(order).toEqual(['hasty', 'calm', 'patient'])
    })

    test('from the arrival of who waits, where the owner had it before', async () => {
      const lock = newTellingLock()
      lock.tryAcquire(named('owner'))
      await vi.advanceTimersByTimeAsync(50)
      const waiter = waitFor(lock)
      await vi.advanceTimersByTimeAsync(99)
      expect(waiter.outcome).toBe('waits')
      await vi.advanceTimersByTimeAsync(1)
      expect(waiter.outcome).toBe('owner kept it for 100 ms')
      expect(vi.getTimerCount()).toBe(0)
    })

    test('from the time at which the owner got it, where that was later', async () => {
      const lock = newTellingLock()
      const [first, second] = [named('first'), named('second')]
      lock.tryAcquire(first)
      void lock.acquire(second, { timeout: Infinity })
      const waiter = waitFor(lock)
      await vi.advanceTimersByTimeAsync(60)
      lock.release(first)
      await vi.advanceTimersByTimeAsync(99)
      expect(waiter.outcome).toBe('waits')
      await vi.advanceTimersByTimeAsync(1)
      expect(waiter.outcome).toBe('second kept it for 100 ms')
      expect(vi.getTimerCount()).toBe(0)
    })

    test('also while the owner is not ready, and then takes the lock from it, for all whose time is up', async () => {
      const lock = newTellingLock(() => false)
      lock.tryAcquire(named('owner'))
      const waiters = Array.from({ length: 5 }, () => waitFor(lock))
      await vi.advanceTimersByTimeAsync(60)
      const late = waitFor(lock)
      await vi.advanceTimersByTimeAsync(39)
      expect(waiters.map(({ outcome }) => outcome)).toEqual(Array(5).fill('waits'))
      await vi.advanceTimersByTimeAsync(10)
      expect(waiters.map(({ outcome }) => outcome)).toEqual(Array(5).fill('has it'))
      expect(late.outcome).toBe('waits')
      await vi.advanceTimersByTimeAsync(60)
      expect(late.outcome).toBe('has it')
      expect(vi.getTimerCount()).toBe(0)
    })

    test('from the time at which the owner was ready, where that was later', async () => {
      const ready = new Set<object>()
      const lock = newTellingLock((owner) => ready.has(owner))
      const owner = named('owner')
      lock.tryAcquire(owner)
      const waiter = waitFor(lock)
      await vi.advanceTimersByTimeAsync(60)
      ready.add(owner)
      expect(lock.tryAcquire(owner)).toBe(true)
      await vi.advanceTimersByTimeAsync(99)
      expect(waiter.outcome).toBe('waits')
      await vi.advanceTimersByTimeAsync(1)
      expect(waiter.outcome).toBe('owner kept it for 100 ms')
    })

    test('anew for the owner after one that is not to blame, and asks about that one seldom', async () => {
      let questions = 0
      const lock: FifoLock<{ name: string }> = new FifoLock((waited, { name }) => {
        questions += 1
        return name === 'blameless' ? undefined : new Error(`${name} kept it for ${waited} ms`)
      })
      const [blameless, second] = [named('blameless'), named('second')]
      lock.tryAcquire(blameless)
      void lock.acquire(second, { timeout: Infinity })
      const waiter = waitFor(lock)
      await vi.advanceTimersByTimeAsync(250)
      expect([waiter.outcome, questions]).toEqual(['waits', 2])
      lock.release(blameless)
      await vi.advanceTimersByTimeAsync(99)
      expect(waiter.outcome).toBe('waits')
      await vi.advanceTimersByTimeAsync(1)
      expect([waiter.outcome, questions]).toEqual(['second kept it for 100 ms', 3])
      expect(vi.getTimerCount()).toBe(0)
    })

    test('for each who waits, whoever came first', async () => {
      const lock = newTellingLock()
      lock.tryAcquire(named('owner'))
      const first = waitFor(lock)
      await vi.advanceTimersByTimeAsync(40)
      const second = waitFor(lock)
      await vi.advanceTimersByTimeAsync(60)
      expect([first.outcome, second.outcome]).toEqual(['owner kept it for 100 ms', 'waits'])
      await vi.advanceTimersByTimeAsync(40)
      expect(second.outcome).toBe('owner kept it for 100 ms')
    })

    test('no longer when nobody waits', async () => {
      const lock = newTellingLock()
      const owner = named('owner')
      lock.tryAcquire(owner)
      const waiter = waitFor(lock)
      lock.release(owner)
      await turn()
      expect(waiter.outcome).toBe('has it')
      expect(vi.getTimerCount()).toBe(0)
    })

    test('no longer for one who has left by a signal', async () => {
      const lock = newTellingLock()
      lock.tryAcquire(named('owner'))
      const controller = new AbortController()
      const left = lock.acquire(named('leaver'), { timeout: 5000, signal: controller.signal })
      controller.abort(new Error('gone'))
      await expect(left).rejects.toThrow('gone')
      expect(vi.getTimerCount()).toBe(0)
    })

    test('as never over where it is longer than a timer can be', async () => {
      const lock = newTellingLock()
      lock.tryAcquire(named('owner'))
      const waiter = { outcome: 'waits' }
      lock.acquire(named('waiter'), { timeout: 2 ** 40 }).catch(() => (waiter.outcome = 'gave up'))
      await vi.advanceTimersByTimeAsync(2 ** 31)
      expect(waiter.outcome).toBe('waits')
      expect(vi.getTimerCount()).toBe(1)
    })

    test('anew in a line that has once been empty', async () => {
      const lock = newTellingLock()
      const owner = named('owner')
      lock.tryAcquire(owner)
      const served = lock.acquire(named('next'), { timeout: 50 })
      lock.release(owner)
      await served
      const waiter = waitFor(lock)
      await vi.advanceTimersByTimeAsync(100)
      expect(waiter.outcome).toBe('next kept it for 100 ms')
    })
  })

  test('leaves no listener on a signal, however the wait ends', async () => {
    const { signal } = new AbortController()
    const lock = newLock()
    const [owner, served, late] = [named('owner'), named('served'), named('late')]
    await lock.acquire(owner, { timeout: 1000, signal })
    const serving = lock.acquire(served, { timeout: 1000, signal })
    const refused = lock.acquire(late, { timeout: 5, signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(2)
    await expect(refused).rejects.toThrow('owner kept it')
    lock.release(owner)
    await serving
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('is not released by somebody who does not own it', () => {
    const lock = newLock()
    const owner = named('owner')
    lock.tryAcquire(owner)
    lock.release(named('somebody'))
    expect(lock.owner).toBe(owner)
  })
})
