import { SqlTextCache } from '../connection/sql-text-cache.ts'

/**
 * What SQLite has said of each SQL text: whether it writes. It takes a connection to ask, so of many who come with a
 * new text at once, one asks and the others wait for the answer.
 */
export class KnownWrites {
  readonly #answers: SqlTextCache<boolean> = new SqlTextCache(REMEMBERED_TEXTS)
  readonly #asking: Map<string, Promise<void>> = new Map()

  constructor() {
    for (const [sql, writes] of TRANSACTION_STARTS) this.#answers.set(sql, writes)
  }

  /** Undefined where SQLite was not asked yet. */
  get(sql: string): boolean | undefined {
    return this.#answers.get(sql)
  }

  /** Settles when the one who asks now has an answer or has failed; undefined where nobody asks. */
  asking(sql: string): Promise<void> | undefined {
    return this.#asking.get(sql)
  }

  /** Asks, and tells the others. */
  async ask(sql: string, ask: () => Promise<boolean>): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#asking.set(sql, promise)
    try {
      const writes = await ask()
      this.#answers.set(sql, writes)
      return writes
    } finally {
      this.#asking.delete(sql)
      resolve()
    }
  }
}

const REMEMBERED_TEXTS = 2000

/** As https://www.sqlite.org/c3ref/stmt_readonly.html says of them. */
const TRANSACTION_STARTS = [
  ['begin deferred', false],
  ['begin immediate', true],
  ['begin exclusive', true],
] as const
