import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { AnswerWatch } from '../../packages/dialect/src/threads/answer-watch.ts'
import { Signal } from '../../packages/dialect/src/threads/protocol.ts'
import { createCounters, type CounterDatabase } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { UP_TO } from './creators.ts'

afterEach(() => vi.restoreAllMocks())

/** The calling thread's end of a line to a worker, on a clock of its own. */
class Line {
  /** How many looks there were. */
  looks = 0
  readonly #signals = new Int32Array(new SharedArrayBuffer(Signal.bytes))
  readonly #watch = new AnswerWatch(this.#signals, () => this.#look())
  #now = 0
  #answersAt = Infinity

  constructor() {
    vi.spyOn(performance, 'now').mockImplementation(() => this.#now)
  }

  /** The worker was looking when the last request came, or it was not. */
  set workerWatched(watched: boolean) {
    this.#signals[Signal.watched] = Number(watched)
  }

  /** Asks, and gets an answer after so many milliseconds. Returns how often it looked. */
  async ask(milliseconds: number): Promise<number> {
    this.looks = 0
    this.#answersAt = this.#now + milliseconds
    this.#watch.begin()
    for (let turns = 0; turns < 50; turns += 1) await turn()
    this.#now = this.#answersAt
    this.#watch.end()
    return this.looks
  }

  /** A look takes 10 µs. */
  #look(): void {
    this.looks += 1
    this.#now += 0.01
    if (this.#now >= this.#answersAt) this.#watch.end()
  }
}

test('the calling thread looks for an answer in each turn of the event loop until it is there', async () => {
  const line = new Line()
  line.workerWatched = true
  expect(await line.ask(0.095)).toBe(10)
  expect(await line.ask(0.045)).toBe(5)
})

test('the calling thread does not look if the worker was asleep when the last request came', async () => {
  const line = new Line()
  expect(await line.ask(0.05)).toBe(0)
  line.workerWatched = true
  expect(await line.ask(0.055)).toBe(6)
  line.workerWatched = false
  expect(await line.ask(0.05)).toBe(0)
})

test('the calling thread looks for an answer for 0.15 ms at most, and not behind one that took longer', async () => {
  const line = new Line()
  line.workerWatched = true
  expect(await line.ask(20)).toBe(15)
  expect(await line.ask(20)).toBe(0)
  expect(await line.ask(0.045)).toBe(0)
  expect(await line.ask(0.045)).toBe(5)
})

test('each of some thousand requests has its own answer, whether it was alone, with others, long or refused', async () => {
  const { db } = open<CounterDatabase>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    threads: 1,
  })
  await createCounters(db)
  const echo = async (n: number): Promise<void> => {
    expect(await run(db, 'select ? as n', n)).toEqual([{ n }])
  }
  const many = async (n: number): Promise<void> => {
    const rows = await run(db, `${UP_TO} select i, ? as n from c`, 3000, n)
    expect(rows).toHaveLength(3000)
    expect(rows.at(-1)).toEqual({ i: 3000, n })
  }
  const refused = async (n: number): Promise<void> => {
    expect(String(await failureOf(run(db, `select * from missing_${n}`)))).toContain(`missing_${n}`)
  }
  for (let n = 0; n < 2000; n += 1) {
    await echo(n)
    if (n % 7 === 0) await Promise.all([echo(n), echo(n + 1), turn().then(() => echo(n + 2)), echo(n + 3)])
    if (n % 50 === 0) await many(n)
    if (n % 50 === 25) await Promise.all([many(n), echo(n), refused(n)])
    if (n % 50 === 40) await refused(n)
  }
})
