/** What a pool needs of a connection. The names are those of Python's DB-API. Each method may return a promise. */
export interface PoolableConnection {
  /** A name for messages. */
  readonly label?: string

  /** Whether it was closed or has died. The pool then replaces it at its next checkout. Absent: it never dies. */
  readonly closed?: boolean

  /** Whether something that it shares with others, such as a thread, works for them now. The pool lends another one first. */
  readonly isBusy?: boolean

  /** Whether it is busy with something long that would not delay a new connection. The pool opens a new one first. */
  readonly isHeldUp?: boolean

  /**
   * Whether nothing is open on it that a check-in would have to end. The pool then calls neither `stopReading` nor `rollback` nor
   * `commit`, unless somebody listens for `reset`. Absent: it calls them at each check-in.
   */
  readonly isAtRest?: boolean

  close(): void | Promise<void>

  /** Ends streams that the borrower left open. The pool calls it at each check-in. Absent: there is nothing to end. */
  stopReading?(): void | Promise<void>

  /** Rolls an open transaction back, at the check-in. It does nothing if none is open. Absent: there are no transactions. */
  rollback?(): void | Promise<void>

  /** Commits an open transaction, for `poolResetOnReturn: 'commit'`. */
  commit?(): void | Promise<void>

  /** Throws or rejects if the connection is dead. For `poolPrePing`. */
  ping?(): void | Promise<void>
}

/** Opens one connection. The checkout fails with what it throws. */
export type Creator<C> = () => C | Promise<C>
