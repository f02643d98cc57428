import { type MaybePromise, NullPool } from '@poolclass/pools'
import type { ResolvedConfig } from '../config/resolved-config.ts'
import { nameOf } from '../url/sqlite-location.ts'
import { warn } from '../warn.ts'

/** Undefined if the pool keeps its connections, or if the user chose a pool that keeps none. */
export function frequentOpenings(config: ResolvedConfig): FrequentOpenings | undefined {
  const { location, poolclass, poolclassChosenBy } = config
  if (poolclass !== NullPool || poolclassChosenBy !== 'url') return undefined
  return new FrequentOpenings(nameOf(location))
}

/** Warns once if so many connections are opened that keeping them would save much time. */
export class FrequentOpenings {
  readonly #database: string
  #isWarned = false
  /** When the first of the counted connections was opened. */
  #since = 0
  #count = 0
  /** The time that it took to open them, in milliseconds. */
  #time = 0

  constructor(database: string) {
    this.#database = database
  }

  /** Notes an opening and the time that it takes. One that fails does not count. */
  during<T>(open: () => MaybePromise<T>): MaybePromise<T> {
    const since = performance.now()
    const opening = open()
    if (opening instanceof Promise) return opening.then((opened) => this.#noted(opened, since))
    return this.#noted(opening, since)
  }

  #noted<T>(opened: T, since: number): T {
    this.#note(since)
    return opened
  }

  #note(since: number): void {
    if (this.#isWarned) return
    const now = performance.now()
    if (now - this.#since > PERIOD) {
      this.#since = now
      this.#count = 0
      this.#time = 0
    }
    this.#count += 1
    this.#time += now - since
    if (this.#count < MANY) return
    this.#isWarned = true
    const each = (this.#time / this.#count).toFixed(2)
    warn(
      'POOLCLASS_MANY_OPENINGS',
      `NullPool, which the URL chose, opened ${this.#count} connections to ${this.#database} within ` +
        `${Math.round(now - this.#since)} ms, and each opening took ${each} ms. A QueuePool keeps its connections open, with the ` +
        "statements that they have prepared. Add to the config:\n  poolclass: 'QueuePool',\n  pragmas: { journal_mode: 'wal' },",
    )
  }
}

/** Milliseconds. */
const PERIOD = 1000
const MANY = 300
