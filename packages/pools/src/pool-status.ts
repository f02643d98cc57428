/** What a pool holds at one moment: a plain object whose `toString()` is a line for logs. */
export interface PoolStatus {
  /** The name of the pool class. */
  readonly poolclass: string

  /** How many idle connections the pool keeps at most: `poolSize` of a `QueuePool` (0: no limit), else 1, or 0 for `NullPool`. */
  readonly size: number

  /** Open connections that nobody has. */
  readonly idle: number

  /** Slots that somebody has, also while their connection is being opened, and also those lent before `dispose()`. */
  readonly checkedOut: number

  /** Connections beyond `size`. They are closed at their check-in. */
  readonly overflow: number

  /** Checkouts that wait for a connection to come free. */
  readonly waiting: number

  /** Connections opened so far. */
  readonly opened: number

  /** Connections closed so far. */
  readonly closed: number

  toString(): string
}

/** `toString` is not enumerable, so that JSON and `console.table` show the numbers alone. */
export function poolStatus(counts: Omit<PoolStatus, 'toString'>): PoolStatus {
  return Object.defineProperty({ ...counts }, 'toString', { value: line })
}

function line(this: PoolStatus): string {
  return (
    `${this.poolclass} size: ${this.size}, idle: ${this.idle}, checked out: ${this.checkedOut}, ` +
    `overflow: ${this.overflow}, waiting: ${this.waiting}, opened: ${this.opened}, closed: ${this.closed}`
  )
}
