interface Holder {
  /** It has a connection now. */
  readonly connected: boolean
}

/** Queries that go on in the same step: all those that read, and one behind them that writes. */
interface Group {
  readonly started: Promise<void>
  readonly start: () => void
  writer: Holder | undefined
}

/**
 * Where queries wait while the connection of a write is on its way back to the pool.
 *
 * SQLite is done with the write, and Kysely releases its connection a few steps later. A query that comes meanwhile would take
 * another connection, whose cached pages are out of date, or wait in the line of the pool, which takes longer than the query.
 *
 * A step is one settled promise. After `MOST_STEPS` of them, the queries no longer wait.
 */
export class ReleaseLine {
  /** Whether a query may have to wait, and has to ask. A field, because each query looks at it. */
  isOpen = false
  /** The query that wrote last. */
  #writer: Holder | undefined
  /** In the order in which they came. */
  readonly #groups: Group[] = []
  #isServing = false

  /** A query has written, and gives its connection back soon. */
  noteWriter(writer: Holder): void {
    if (this.#isServing) return
    this.#writer = writer
    this.isOpen = true
  }

  /** Whether `writer` is waited for. */
  awaits(writer: Holder): boolean {
    return this.#writer === writer
  }

  /**
   * Waits for the queries before `query`; undefined if it need not wait. It has to take its connection, and run, in the very step
   * in which the wait ends.
   *
   * @param writes It may write. Then it does not overtake another one that waits.
   */
  join(query: Holder, writes: boolean): Promise<void> | undefined {
    const isHeld = this.#writer?.connected === true
    this.isOpen = isHeld || this.#isServing
    if (!isHeld && !(writes && this.#isServing)) return undefined
    const last = this.#groups.at(-1)
    const group = last === undefined || last.writer !== undefined ? this.#newGroup() : last
    if (writes) group.writer = query
    if (!this.#isServing) void this.#serve()
    return group.started
  }

  #newGroup(): Group {
    const { promise: started, resolve: start } = Promise.withResolvers<void>()
    const group: Group = { started, start, writer: undefined }
    this.#groups.push(group)
    return group
  }

  async #serve(): Promise<void> {
    this.#isServing = true
    for (let group = this.#groups[0]; group !== undefined; group = this.#groups[0]) {
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      for (let step = 0; step < MOST_STEPS && this.#writer?.connected === true; step += 1) await undefined
      this.#groups.shift()
      this.#writer = group.writer
      group.start()
      // The queries of the group run in this step.
      // oxlint-disable-next-line no-await-in-loop -- one group after the other
      await undefined
    }
    this.#isServing = false
  }
}

/** Kysely takes three steps from the end of a statement to the release, and some more if it logs. */
const MOST_STEPS = 10
