/** What a pool holds at one moment: a plain object whose `toString()` is a line for logs. */
export interface PoolStatus {
  /** The name of the pool class. */
  readonly poolclass: string

  /** The pool's `poolName`. Absent where it has none. */
  readonly name?: string

  /**
   * Largest number of idle connections that stay open: `poolSize` of a `QueuePool` (0: no limit), `max` of a `GenericPool`,
   * one for each thread of a `SingletonThreadPool`, 0 for `NullPool`, else 1.
   */
  readonly size: number

  /** Open connections that are not checked out. */
  readonly idle: number

  /** Slots that are checked out, including those whose connection still opens, and those lent before `dispose()`. */
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
    `${describePool(this)} size: ${this.size}, idle: ${this.idle}, checked out: ${this.checkedOut}, ` +
    `overflow: ${this.overflow}, waiting: ${this.waiting}, opened: ${this.opened}, closed: ${this.closed}`
  )
}

interface PoolIdentity {
  readonly poolclass: string
  readonly name?: string | undefined
}

/** The class and the name of a pool, for messages. */
export function describePool({ poolclass, name }: PoolIdentity): string {
  return name === undefined ? poolclass : `${poolclass} '${name}'`
}
