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
      'The query or backup was not carried out: db.destroy() was called before it had a connection, or before its end. Await what is ' +
        'under way before destroying, or create a new Kysely instance.',
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
  'This connection was released, and may be in other hands: it cannot run anything. Await every query inside ' +
  'db.connection() or db.transaction(), and keep no connection beyond them.'

const TRANSACTION_ENDED =
  'This query did not run: before its turn came, the transaction that it was sent in was committed or rolled back, or ' +
  'rolled back to a savepoint. Await every query inside db.transaction(), and before commit(), rollback() and ' +
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
      'The stream was ended before all rows were read: its transaction was rolled back, or its connection was given back ' +
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
    `The transaction has ended: it was open for ${Math.round(age)} ms, longer than transactionTimeout (${limit} ms), so it was ` +
    'rolled back, and others have its locks. Nothing of it was saved, and nothing can be added. Keep what takes long, such as ' +
    'a request to another server, out of transactions, or raise transactionTimeout. Then run it again.'
  )
}

const ROLLED_BACK =
  'The transaction has ended: SQLite has rolled it back because of an earlier error in it ' +
  '(https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction). Nothing of it was ' +
  'saved, and nothing can be added. Let that error end the transaction, and run it again.'

const ENDED_BY_SERVER =
  'The transaction has ended: the server has rolled it back. It does so after some seconds (5 as sqld is built) where others wait to ' +
  'write, and when it is started anew. Nothing of it was saved, and nothing can be added. Keep transactions short, and run it again.'

function endedByStatement(sent: 'commit' | 'rollback'): string {
  return (
    `The transaction has ended: a \`${sent}\` was sent in it as a statement. What was done before it is ` +
    `${sent === 'commit' ? 'saved' : 'undone'}; each statement after it stands alone. Leave it to db.transaction() to end ` +
    'the transaction, or use db.startTransaction() with its commit() and rollback().'
  )
}
