import { Piscina } from 'piscina'
import { gateFor } from './gate.ts'
import type { Thread } from './thread.ts'
import { LOADING } from '../support/node-options.ts'

/** A Piscina pool, to which each task is one of `scripts/tasks.ts` and done by any of its threads. */
export class PiscinaThreads implements Thread {
  readonly #pool: Piscina
  readonly #count: number

  constructor(count: number) {
    this.#count = count
    this.#pool = new Piscina({
      filename: new URL('scripts/tasks.ts', import.meta.url).href,
      minThreads: count,
      maxThreads: count,
      execArgv: [...LOADING, '--no-warnings'],
    })
  }

  readonly do: Thread['do'] = (name, ...[task]) => this.#pool.run(task, { name })

  /** Has each thread destroy its dialects. */
  async destroyDialects(): Promise<void> {
    const gate = gateFor(this.#count)
    await Promise.all(Array.from({ length: this.#count }, () => this.do('destroy', gate)))
  }

  async terminate(): Promise<void> {
    await this.#pool.destroy()
  }
}
