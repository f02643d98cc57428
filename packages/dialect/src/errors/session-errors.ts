import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/** `db.destroy()` was called while a query waited for its connection, or during a backup. */
export class DestroyedError extends DialectError {
  readonly code = 'POOLCLASS_DESTROYED'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'DestroyedError'
  }

  constructor() {
    super(
      'The query or backup was not carried out, because db.destroy() was called first. Await all queries and backups before ' +
        'db.destroy(). Afterwards, create a new Kysely instance.',
    )
  }
}

/** A query did not run, because its connection was released, or its transaction ended, before the query could begin. */
export class ReleasedError extends DialectError {
  readonly code = 'POOLCLASS_RELEASED'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'ReleasedError'
  }

  /** @param ended What had ended before the query could begin. */
  constructor(ended: 'session' | 'transaction' = 'session') {
    super(ended === 'session' ? CONNECTION_RELEASED : TRANSACTION_ENDED)
  }
}

const CONNECTION_RELEASED =
  'This connection was released, and others may use it now, so it runs no more queries. Await every query inside ' +
  'db.connection() or db.transaction(), and do not use their connection afterwards.'

const TRANSACTION_ENDED =
  'This query did not run, because its transaction was committed, rolled back, or rolled back to a savepoint before its ' +
  'turn came. Await every query inside db.transaction(), and before commit(), rollback() and ' +
  'rollbackToSavepoint().'

/** A stream cannot read its remaining rows. */
export class StreamEndedError extends DialectError {
  readonly code = 'POOLCLASS_STREAM_ENDED'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'StreamEndedError'
  }

  constructor() {
    super(
      'The stream ended before all rows were read, because its transaction was rolled back, or its connection was given back ' +
        'or closed. Read a stream to its end, or leave its loop, before that.',
    )
  }
}

/** What may have ended a transaction instead of its owner. */
export interface TransactionLostOptions extends ErrorOptions {
  /** The statement that was sent in the transaction and ended it. Absent if SQLite rolled it back by itself. */
  readonly sent?: 'commit' | 'rollback' | undefined
  /** Set if it was open for longer than `transactionTimeout`. Both times are in milliseconds. */
  readonly overdue?: Overdue | undefined
  /** The server ended the transaction, or the stream that it was open on. */
  readonly endedBy?: 'server' | undefined
}

export interface Overdue {
  readonly age: number
  readonly limit: number
}

/** A transaction ended before its owner ended it. It accepts no more statements, and no commit. */
export class TransactionLostError extends DialectError {
  readonly code = 'POOLCLASS_TRANSACTION_LOST'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'TransactionLostError'
  }

  constructor(options: TransactionLostOptions = {}) {
    super(whyLost(options), { cause: options.cause })
  }
}

function whyLost({ sent, overdue, endedBy }: TransactionLostOptions): string {
  if (overdue !== undefined) return rolledBackAsOverdue(overdue)
  if (endedBy !== undefined) return ENDED_BY_SERVER
  return sent === undefined ? ROLLED_BACK : endedByStatement(sent)
}

function rolledBackAsOverdue({ age, limit }: Overdue): string {
  return (
    `The transaction was rolled back, because it was open for ${Math.ceil(age)} ms, longer than transactionTimeout (${limit} ms). ` +
    `${NOTHING_SAVED} Do slow work, such as a request to another server, before or after the transaction, or raise ` +
    'transactionTimeout.'
  )
}

const NOTHING_SAVED = 'Nothing of it was saved, and it accepts no more statements.'

const ROLLED_BACK =
  'SQLite has rolled back the transaction because of an earlier error in it ' +
  `(https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction). ${NOTHING_SAVED} ` +
  'Do not catch that error inside the transaction. Run the transaction again.'

const ENDED_BY_SERVER =
  'The server has rolled back the transaction. It does so when it restarts, and after some seconds (5 by default) if others ' +
  `wait to write. ${NOTHING_SAVED} Keep transactions short, and run it again.`

function endedByStatement(sent: 'commit' | 'rollback'): string {
  return (
    `The transaction has ended, because a \`${sent}\` was sent in it as a statement. Everything before it is ` +
    `${sent === 'commit' ? 'saved' : 'undone'}. Let db.transaction() end the transaction, or use db.startTransaction() with its ` +
    'commit() and rollback().'
  )
}
