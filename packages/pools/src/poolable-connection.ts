/** What a pool needs of a connection, named as in Python's DB-API. All of them may be asynchronous. */
export interface PoolableConnection {
  /** A name for messages. */
  readonly label?: string

  /** It was closed, or has come to an end on its own: the pool replaces it at its next checkout. Absent: it never does. */
  readonly closed?: boolean

  /** It shares something with others that is at work for them now. One that is not is lent before it. */
  readonly isBusy?: boolean

  /** It is busy with something long, which would not be in the way of a new connection: one is opened before it is lent. */
  readonly isHeldUp?: boolean

  close(): void | Promise<void>

  /** Ends what the borrower still reads, at each check-in. Absent: there is nothing to do. */
  stopReading?(): void | Promise<void>

  /** Ends an open transaction, at check-in. Does nothing when none is open. Absent: there is nothing to do. */
  rollback?(): void | Promise<void>

  /** The same for `poolResetOnReturn: 'commit'`. */
  commit?(): void | Promise<void>

  /** Throws or rejects when the connection is dead. For `poolPrePing`. */
  ping?(): void | Promise<void>
}

/** Opens one connection. What it throws rejects the checkout that asked. */
export type Creator<C> = () => C | Promise<C>
