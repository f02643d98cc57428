import { setImmediate as turn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { AnswerWatch } from '../../packages/dialect/src/threads/answer-watch.ts'
import { Signal } from '../../packages/dialect/src/threads/protocol.ts'
import { clock } from './ticking-clock.ts'

vi.mock(import('../../packages/dialect/src/clock.ts'), async (original) => {
  const { microseconds } = await import('./ticking-clock.ts')
  return { ...(await original()), microseconds }
})

/** The calling thread's end of a line to a worker, on a clock of its own. */
class Line {
  /** How often it asked the port. */
  takes = 0
  readonly #signals = new Int32Array(new SharedArrayBuffer(Signal.bytes))
  readonly #watch = new AnswerWatch(this.#signals, () => this.#take())
  #answersAt = Infinity
  #hasAnswer = false

  constructor() {
    clock.onTick = () => {
      if (clock.now >= this.#answersAt) this.#answer()
    }
  }

  /** The worker was looking when the last request came, or it was not. */
  set workerWatched(watched: boolean) {
    this.longestLook = watched ? 100 : 0
  }

  /** In microseconds, as the worker says. */
  set longestLook(microseconds: number) {
    this.#signals[Signal.longestLook] = microseconds
  }

  /** The worker has posted the last reply, and counts it only now. */
  countLate(): void {
    Atomics.add(this.#signals, Signal.answered, 1)
  }

  /**
   * Asks, and gets an answer after so many microseconds. Returns whether it saw the answer by looking, and how
   * often it looked for ten microseconds.
   */
  async ask(microseconds: number, meanwhile = (): void => {}): Promise<[saw: boolean, looked: number]> {
    this.takes = 0
    this.#hasAnswer = false
    this.#watch.begin()
    meanwhile()
    const start = clock.now
    this.#answersAt = start + microseconds
    for (let turns = 0; turns < 50; turns += 1) await turn()
    const saw = this.#hasAnswer
    const looked = Math.floor((clock.now - start) / 10)
    clock.now = Math.max(clock.now, start + microseconds)
    if (!saw) this.#answer()
    if (!saw) this.#watch.end()
    return [saw, looked]
  }

  #answer(): void {
    this.#answersAt = Infinity
    this.#hasAnswer = true
    Atomics.add(this.#signals, Signal.answered, 1)
  }

  #take(): void {
    this.takes += 1
    if (this.#hasAnswer) this.#watch.end()
  }
}

test('the calling thread looks for an answer until it is there', async () => {
  const line = new Line()
  line.workerWatched = true
  expect(await line.ask(91)).toEqual([true, 9])
  expect(await line.ask(41)).toEqual([true, 4])
})

test('the event loop turns between two looks', async () => {
  const line = new Line()
  line.workerWatched = true
  const turns: number[] = []
  const note = (): void => {
    turns.push(clock.now)
    if (turns.length < 6) setImmediate(note)
  }
  setImmediate(note)
  await line.ask(91)
  const gaps = turns.slice(1).map((at, n) => at - turns[n]!)
  expect(Math.max(...gaps)).toBeGreaterThan(15)
  expect(Math.max(...gaps)).toBeLessThan(30)
})

test('two that look share the time without a turn of the event loop', async () => {
  const [one, other] = [new Line(), new Line()]
  one.workerWatched = other.workerWatched = true
  const turns: number[] = []
  const note = (): void => {
    turns.push(clock.now)
    if (turns.length < 6) setImmediate(note)
  }
  setImmediate(note)
  await Promise.all([one.ask(500), other.ask(500)])
  expect(Math.max(...turns.slice(1).map((at, n) => at - turns[n]!))).toBeLessThan(40)
})

test('the calling thread does not look if the worker was asleep when the last request came', async () => {
  const line = new Line()
  expect(await line.ask(50)).toEqual([false, 0])
  line.workerWatched = true
  expect(await line.ask(51)).toEqual([true, 5])
  line.workerWatched = false
  expect(await line.ask(50)).toEqual([false, 0])
})

test('the calling thread looks no longer than the worker says, and not behind an answer that took longer', async () => {
  const line = new Line()
  line.workerWatched = true
  const [saw, looked] = await line.ask(20_000)
  expect(saw).toBe(false)
  expect(looked).toBeGreaterThanOrEqual(10)
  expect(looked).toBeLessThan(13)
  expect(await line.ask(20_000)).toEqual([false, 0])
  expect(await line.ask(41)).toEqual([false, 0])
  expect(await line.ask(41)).toEqual([true, 4])
  line.longestLook = 30
  expect(await line.ask(25)).toEqual([false, 0])
  expect(await line.ask(25)).toEqual([true, 2])
})

test('a reply that was counted late does not make the calling thread ask the port again and again', async () => {
  const line = new Line()
  line.workerWatched = true
  expect(await line.ask(91, () => line.countLate())).toEqual([true, 9])
  expect(line.takes).toBe(2)
})
