import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/** The worker thread of a connection ended while it had work. */
export class ThreadDiedError extends DialectError {
  readonly code = 'POOLCLASS_THREAD_DIED'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'ThreadDiedError'
  }

  /**
   * @param why What ended it.
   * @param wasOpen Whether the connection had been opened.
   */
  constructor(label: string, why: unknown, wasOpen: boolean) {
    const reason = why instanceof Error ? why.message : String(why)
    super(
      `The worker thread of connection ${label} ended${wasOpen ? '' : ' before the connection was open'}: ${reason}. ` +
        (wasOpen ? WHAT_BECAME : 'Nothing was lost. ') +
        'The next checkout gets a new connection in a new thread.',
      { cause: why },
    )
  }
}

const WHAT_BECAME =
  'An open transaction was rolled back, and a private memory database is gone. A single statement, or a commit, that was ' +
  'running may or may not have been carried out. '

/** `dialect.withConnection()` was called for a connection in another thread. */
export class HandleElsewhereError extends DialectError {
  readonly code = 'POOLCLASS_HANDLE_ELSEWHERE'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'HandleElsewhereError'
  }

  constructor(label: string, place: 'thread' | 'server' = 'thread') {
    super(`dialect.withConnection() cannot return connection ${label}, ${HANDLE_PLACES[place]}`)
  }
}

const HANDLE_PLACES = {
  thread:
    'because it is in a worker thread, and a handle cannot leave its thread. To add functions and aggregates to every connection, ' +
    "name a module that opens the handles: creator: new URL('./open.js', import.meta.url). For anything else, use threads: 0.",
  server: 'because it is a stream of a libSQL server, which has the handle.',
} as const
