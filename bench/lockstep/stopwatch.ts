import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Batch, Entrant } from './entrant.ts'

/** How long a batch is to take, in nanoseconds: long enough for the garbage collector to take its share of each. */
const BATCH_NS = 30e6
/** As in `measure.ts`: without a turn, Node never frees the statements of who prepares anew for each query. */
const TURNS = 5
const MOST = 20_000

/** Takes the time of one entrant, over batches of a size that suits it. */
export class Stopwatch {
  readonly #entrant: Entrant
  readonly #batch: Required<Batch>
  /** How often in a turn. */
  #times: number
  #turns = 1

  constructor(entrant: Entrant) {
    this.#entrant = entrant
    this.#batch = { step: 1, most: MOST, ...entrant.batch }
    this.#times = this.#batch.step
  }

  /** V8 has to see the code before it optimises it. Finds the size of a batch, too. */
  async warmUp(ms: number): Promise<void> {
    const end = performance.now() + ms
    do {
      const start = process.hrtime.bigint()
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.time()
      this.#suit(Number(process.hrtime.bigint() - start) / (this.#times * this.#turns))
    } while (performance.now() < end)
  }

  /** One operation of one batch: nanoseconds, or what else the entrant measures. */
  async time(): Promise<number> {
    globalThis.gc?.({ type: 'minor', execution: 'sync' })
    await nextTurn()
    let measured = 0
    const start = process.hrtime.bigint()
    for (let turn = 0; turn < this.#turns; turn += 1) {
      const itself = this.#entrant.run(this.#times)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      measured += (itself === undefined ? undefined : await itself) ?? 0
      // oxlint-disable-next-line no-await-in-loop
      if (this.#turns > 1) await nextTurn()
    }
    const total = Number(process.hrtime.bigint() - start)
    const done = this.#times * this.#turns
    await this.#entrant.reset?.(done)
    return measured > 0 ? measured / this.#turns : total / done
  }

  #suit(nanoseconds: number): void {
    const { step, most } = this.#batch
    const steps = Math.max(1, Math.floor(Math.min(BATCH_NS / nanoseconds, most) / step))
    this.#turns = Math.min(TURNS, steps)
    this.#times = Math.floor(steps / this.#turns) * step
  }
}
