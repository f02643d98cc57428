import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { FifoLock } from '../../packages/dialect/src/waiting/fifo-lock.ts'

const newLock = (): FifoLock<{ name: string }> =>
  new FifoLock((waited, owner) => new Error(`${owner.name} kept it`))
const named = (name: string): { name: string } => ({ name })

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
    expect(lock.waiting).toBe(0)
  })

  test('does not count the time that earlier owners took', async () => {
    const lock = newLock()
    const owners = Array.from({ length: 12 }, (_, index) => named(`owner ${index}`))
    await Promise.all(
      owners.map(async (owner) => {
        await lock.acquire(owner, { timeout: 200 })
        await new Promise((resolve) => setTimeout(resolve, 40))
        lock.release(owner)
      }),
    )
    expect(lock.owner).toBeUndefined()
  })

  test('lets the waiter with the shortest time-out give up first', async () => {
    const lock = newLock()
    lock.tryAcquire(named('the keeper'))
    const order: string[] = []
    await Promise.all([
      lock.acquire(named('patient'), { timeout: 60 }).catch(() => order.push('patient')),
      lock.acquire(named('hasty'), { timeout: 5 }).catch(() => order.push('hasty')),
    ])
    expect(order).toEqual(['hasty', 'patient'])
  })

  test('does not spin while there is nobody to blame for the wait of those who would not wait at all', async () => {
    const blamed = newLock()
    const line = new FifoLock<{ name: string }>((waited, owner) => new Error(`${owner.name} kept it`), blamed)
    const [head, first, second] = [named('head'), named('first'), named('second')]
    line.tryAcquire(head)
    const timers = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => timers.mockRestore())
    const served = line.acquire(first, { timeout: 0 })
    const refused = line.acquire(second, { timeout: 0 })
    refused.catch(() => {})
    await delay(100)
    expect(timers.mock.calls.length).toBeLessThan(20)
    line.release(head)
    await served
    expect(line.owner).toBe(first)
    blamed.tryAcquire(first)
    await expect(refused).rejects.toThrow('first kept it')
  })

  test('is not released by somebody who does not own it', () => {
    const lock = newLock()
    const owner = named('owner')
    lock.tryAcquire(owner)
    lock.release(named('somebody'))
    expect(lock.owner).toBe(owner)
  })
})
