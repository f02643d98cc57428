import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Work } from './case.ts'

/** How long a batch is to take, in nanoseconds: long enough for the garbage collector to take its share of each. */
const BATCH = 30e6
const MOST = 20_000
/**
 * How often the event loop turns in a batch, as it does in a server. Node frees native objects there, such as the
 * statements that a dialect prepares anew for each query: without a turn they are never freed (470 MB instead of 150
 * after 80,000 queries), and who leaves them behind does not pay for them (a quarter of the time of prepare and run).
 */
const TURNS = 5

/**
 * After so many runs, V8 has optimised all of a longer way, such as from a query to a new connection and back. It did so between
 * 7,000 and 15,000 runs.
 */
const RUNS_TO_OPTIMISE = 20_000
/** Milliseconds. */
const LONGEST_TO_OPTIMISE = 2000

/** Milliseconds. */
const RUN_UP = 60

/** Takes the figures of one contestant, over batches of a size that suits it once it has warmed up. */
export class Stopwatch {
  readonly #work: Work & { readonly tasks: number }
  #turns = 1
  #runsInTurn: number

  constructor(work: Work) {
    this.#work = { tasks: 1, ...work }
    this.#runsInTurn = this.#work.tasks
  }

  /** How many operations a figure is of. */
  get operations(): number {
    return this.#runs * (this.#work.operations ?? 1)
  }

  get #measures(): boolean {
    return this.#work.measures === true
  }

  /** In a batch. */
  get #runs(): number {
    return this.#turns * this.#runsInTurn
  }

  /**
   * V8 has to see the code before it optimises it. So it runs 20,000 times, or for two seconds. Finds the size of a batch, too.
   *
   * @param ms It takes at least so long.
   */
  async warmUp(ms: number): Promise<void> {
    const start = performance.now()
    let runs = this.#measures ? RUNS_TO_OPTIMISE : 0
    let took = 0
    do {
      runs += this.#runs
      const figure = await this.figure()
      if (!this.#measures) this.#fitBatch(figure)
      took = performance.now() - start
    } while (took < ms || (runs < RUNS_TO_OPTIMISE && took < LONGEST_TO_OPTIMISE))
  }

  /**
   * Goes on as before a rest. For some tens of milliseconds after a rest, a batch takes 5 to 13 % longer and is often interrupted.
   * Probably Linux first runs the threads of the garbage collector on the core of the main thread.
   */
  async runUp(): Promise<void> {
    if (this.#measures) return
    const end = performance.now() + RUN_UP
    do await this.figure()
    while (performance.now() < end)
  }

  /** Of one operation of one batch. */
  async figure(): Promise<number> {
    globalThis.gc?.({ type: 'minor', execution: 'sync' })
    await nextTurn()
    const figure = this.#measures ? await this.#work.run(0) : await this.#time()
    await this.#work.reset?.(this.#runs)
    return Number(figure)
  }

  #fitBatch(figure: number): void {
    const { operations = 1, tasks, most = MOST } = this.#work
    const runs = Math.min(BATCH / (figure * operations), most) / tasks
    this.#turns = Math.max(1, Math.min(TURNS, Math.floor(runs)))
    this.#runsInTurn = Math.max(1, Math.floor(runs / this.#turns)) * tasks
  }

  async #time(): Promise<number> {
    const start = process.hrtime.bigint()
    for (let turn = 0; turn < this.#turns; turn += 1) {
      await this.#runAll(turn * this.#runsInTurn)
      if (this.#turns > 1) await nextTurn()
    }
    return Number(process.hrtime.bigint() - start) / this.operations
  }

  /** Each task takes the next run when its last one is done. What is synchronous stays so. */
  async #runAll(from: number): Promise<void> {
    const work = this.#work
    const end = from + this.#runsInTurn
    let next = from
    const task = async (): Promise<void> => {
      while (next < end) {
        const n = next
        next += 1
        const result = work.run(n)
        const found = result instanceof Promise ? await result : result
        work.check?.(found, n)
      }
    }
    await Promise.all(Array.from({ length: work.tasks }, task))
  }
}
