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
        'Who asks the pool next gets a new connection, in a new thread.',
      { cause: why },
    )
  }
}

const WHAT_BECAME =
  'An open transaction was rolled back, and a private memory database is gone. A single statement, or a commit, that was ' +
  'under way may have been carried out or not. '

/** `dialect.withConnection()` was called for a connection in another thread. */
export class HandleElsewhereError extends DialectError {
  readonly code = 'POOLCLASS_HANDLE_ELSEWHERE'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'HandleElsewhereError'
  }

  constructor(label: string, place: 'thread' | 'server' = 'thread') {
    super(`dialect.withConnection() has no handle for connection ${label}, which is ${HANDLE_PLACES[place]}`)
  }
}

const HANDLE_PLACES = {
  thread:
    'in a worker thread: a handle cannot leave its thread. For functions and aggregates on every connection, name a module ' +
    "that opens the handles, which each thread loads: creator: new URL('./open.js', import.meta.url). For anything else, use " +
    'threads: 0.',
  server: 'a stream of a libSQL server: the handle is there.',
} as const
