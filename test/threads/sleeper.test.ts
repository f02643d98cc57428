import { afterEach, expect, test, vi } from 'vitest'
import { Signal } from '../../packages/dialect/src/threads/protocol.ts'
import { Sleeper } from '../../packages/dialect/src/threads/sleeper.ts'
import { clock } from './ticking-clock.ts'

vi.mock(import('../../packages/dialect/src/clock.ts'), async (original) => {
  const { microseconds } = await import('./ticking-clock.ts')
  return { ...(await original()), microseconds }
})

afterEach(() => vi.restoreAllMocks())

/** A worker's thread, on a clock of its own. */
class Thread {
  readonly signals = new Int32Array(new SharedArrayBuffer(Signal.bytes))
  readonly #sleeper = new Sleeper(this.signals)
  /** Microseconds that it takes to wake. */
  waking = 30
  #postAt = 0
  #isPosted = false
  #hasSlept = false

  constructor() {
    vi.spyOn(performance, 'now').mockImplementation(() => clock.now / 1000)
    vi.spyOn(Atomics, 'wait').mockImplementation(() => this.#sleep())
    clock.onTick = () => this.#postWhenDue()
  }

  /** Waits for a list that comes after so many microseconds. Returns whether it has slept. */
  waitFor(microseconds: number): boolean {
    this.#postAt = clock.now + microseconds
    this.#isPosted = false
    this.#hasSlept = false
    this.#sleeper.sleepWhile(this.signals[Signal.posted]!)
    if (!this.#isPosted) throw new Error('it has not waited for the list')
    return this.#hasSlept
  }

  /** How often it slept before it looked again. */
  sleepsUntilLook(): number {
    for (let sleeps = 0; sleeps < 2000; sleeps += 1) if (!this.waitFor(10)) return sleeps
    throw new Error('it has not looked again')
  }

  #sleep(): 'ok' {
    this.#hasSlept = true
    clock.now = Math.max(clock.now, this.#postAt)
    this.#postWhenDue()
    clock.now += this.waking
    return 'ok'
  }

  #postWhenDue(): void {
    if (this.#isPosted || clock.now < this.#postAt) return
    this.#isPosted = true
    Atomics.store(this.signals, Signal.postedAt, clock.now)
    Atomics.add(this.signals, Signal.posted, 1)
  }
}

test('a thread whose requests come one soon after the other looks for the next one, and says so', () => {
  const thread = new Thread()
  expect(thread.sleepsUntilLook()).toBe(8)
  expect(thread.signals[Signal.longestLook]).toBe(100)
  for (let n = 0; n < 100; n += 1) expect(thread.waitFor(90)).toBe(false)
})

test('a thread looks for as long as four wakings take', () => {
  const thread = new Thread()
  thread.waking = 6
  expect(thread.sleepsUntilLook()).toBe(8)
  expect(thread.signals[Signal.longestLook]).toBeLessThan(40)
  expect(thread.waitFor(16)).toBe(false)
  expect(thread.waitFor(60)).toBe(true)
})

test('a thread whose requests come late does not look', () => {
  const thread = new Thread()
  for (let n = 0; n < 100; n += 1) expect(thread.waitFor(200)).toBe(true)
  expect(thread.signals[Signal.longestLook]).toBe(0)
})

test('a thread that wakes late, because other work has its core, does not look', () => {
  const thread = new Thread()
  for (let n = 0; n < 7; n += 1) thread.waitFor(50)
  thread.waking = 150
  for (let n = 0; n < 100; n += 1) expect(thread.waitFor(50)).toBe(true)
})

test('with each look in vain, a thread sleeps twice as often before it looks again', () => {
  const thread = new Thread()
  const counts = Array.from({ length: 10 }, () => {
    const sleeps = thread.sleepsUntilLook()
    expect(thread.waitFor(1000)).toBe(true)
    expect(thread.signals[Signal.longestLook]).toBe(0)
    return sleeps
  })
  // The sleep behind the look in vain is one of them.
  expect(counts).toEqual([8, 8, 16, 32, 64, 128, 256, 512, 1024, 1024].map((n, i) => (i === 0 ? n : n - 1)))
})

test('16 looks in a row that were of use make up for one in vain', () => {
  const thread = new Thread()
  for (let n = 0; n < 4; n += 1) {
    thread.sleepsUntilLook()
    thread.waitFor(1000)
  }
  expect(thread.sleepsUntilLook()).toBe(63)
  for (let n = 0; n < 47; n += 1) thread.waitFor(10)
  thread.waitFor(1000)
  expect(thread.sleepsUntilLook()).toBe(15)
})

test('looks of use that are not in a row make up for nothing', () => {
  const thread = new Thread()
  for (let n = 0; n < 4; n += 1) {
    thread.sleepsUntilLook()
    for (let looks = 0; looks < 14; looks += 1) thread.waitFor(10)
    thread.waitFor(1000)
  }
  expect(thread.sleepsUntilLook()).toBe(63)
})
