import { docsOf } from './docs-of.ts'
import { describePool, type PoolStatus } from './pool-status.ts'

/**
 * The base class of every error that a pool raises itself. The errors of a creator, a connection or a listener pass through
 * unchanged.
 */
export abstract class PoolError extends Error {
  /** Compare this, because it is stable across versions and the message is not. */
  abstract readonly code: string
  /** The address of the heading that explains this error, on a page that the package contains. */
  abstract readonly docs: string

  static {
    this.prototype.name = 'PoolError'
  }
}

/** An option that the pool class does not take, an invalid value, or an unknown event. */
export class PoolOptionError extends PoolError {
  readonly code = 'POOL_OPTION'
  readonly docs: string = docsOf(this.code)
  /** The option at fault. */
  readonly option: string

  static {
    this.prototype.name = 'PoolOptionError'
  }

  constructor(option: string, message: string) {
    super(message)
    this.option = option
  }
}

/** No connection came free within `poolTimeout`. */
export class PoolTimeoutError extends PoolError {
  readonly code = 'POOL_TIMEOUT'
  readonly docs: string = docsOf(this.code)
  /** The time that the checkout waited, in milliseconds. */
  readonly waited: number
  /** The pool's `poolName`, if it has one. */
  readonly poolName: string | undefined

  static {
    this.prototype.name = 'PoolTimeoutError'
  }

  constructor(status: PoolStatus, poolTimeout: number, waited: number, holders: readonly Error[]) {
    const { size, checkedOut, overflow, waiting } = status
    const where = holders.map((holder, index) => `\n${index + 1}.\n${stackFrames(holder)}`).join('')
    super(
      `${describePool(status)}: no connection came free within ${waited} ms (poolTimeout ${poolTimeout}, size ${size}, ` +
        `overflow ${overflow}, checked out ${checkedOut}, others waiting ${waiting}). Give each connection back as ` +
        'soon as possible, and do not wait for a second one while you hold the first. Or allow more connections or more time.' +
        (where && `\nWhere the connections were checked out:${where}`),
    )
    this.waited = waited
    this.poolName = status.name
  }
}

/**
 * Thrown by a listener of `checkout`, it asks for another connection: this one is closed, and a new one is opened and told in its
 * place. When the listener refuses that one too, the checkout fails with the error.
 */
export class DisconnectionError extends PoolError {
  readonly code = 'POOL_DISCONNECTION'
  readonly docs: string = docsOf(this.code)
  /** All other connections that are open now are replaced too, each at its next checkout. */
  readonly invalidatePool: boolean

  static {
    this.prototype.name = 'DisconnectionError'
  }

  constructor(message: string, options: ErrorOptions & { readonly invalidatePool?: boolean } = {}) {
    super(message, options)
    this.invalidatePool = options.invalidatePool ?? false
  }
}

/** An `AssertionPool` was asked for a second connection while the first was out. */
export class PoolAssertionError extends PoolError {
  readonly code = 'POOL_ASSERTION'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'PoolAssertionError'
  }
}

/** A checkout was used after `close()` or after a hard `invalidate()`. */
export class ConnectionClosedError extends PoolError {
  readonly code = 'POOL_CONNECTION_CLOSED'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'ConnectionClosedError'
  }

  constructor(wasInvalidated: boolean) {
    super(
      wasInvalidated
        ? 'This checkout has ended, because its connection was invalidated. Call connect() again.'
        : 'This checkout was closed, and others may use its connection now. Call connect() again.',
    )
  }
}

/**
 * The frames of an error's stack without its first line, one per line.
 *
 * Empty when the error has no stack.
 */
export function stackFrames(error: Error): string {
  const stack = error.stack ?? ''
  const start = stack.search(/^ +at /m)
  return start < 0 ? '' : stack.slice(start)
}

/**
 * Reports a failure that rejects no promise: a connection did not close, or a listener threw while a connection came
 * back. SQLAlchemy logs the same cases. Node's place for them is `process.on('warning')`.
 */
export function warnOf(what: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  const detail = error instanceof Error && error.stack !== undefined ? { detail: error.stack } : {}
  process.emitWarning(`${what}: ${reason}`, { ...WARNING, ...detail })
}

/** Reports a checkout that no code can give back any more. */
export function warnOfForgotten(pool: string, holder: Error | undefined): void {
  process.emitWarning(
    `${pool}: a checkout was forgotten. The garbage collector found it before any code closed it. Its connection ` +
      'is back in the pool. Close every checkout, for example with "await using". ' +
      (holder === undefined
        ? 'The place of the checkout was not noted. From now on, connect() notes it.'
        : `It was checked out here:\n${stackFrames(holder)}`),
    WARNING,
  )
}

/** Reports a checkout that is still out. */
export function warnOfLeak(
  pool: string,
  label: string,
  age: number,
  threshold: number,
  holder: Error | undefined,
): void {
  process.emitWarning(
    `${pool}: ${label} has been out for ${Math.ceil(age)} ms, longer than leakDetectionThreshold (${threshold} ms). ` +
      'Give each connection back soon. ' +
      (holder === undefined
        ? 'The place of the checkout was not noted.'
        : `It was checked out here:\n${stackFrames(holder)}`),
    { ...WARNING, code: 'POOL_LEAK' },
  )
}

/** Reports that such a checkout has ended. */
export function warnOfLeakEnd(pool: string, label: string, age: number): void {
  process.emitWarning(
    `${pool}: ${label}, which was reported as out for too long, came back after ${Math.round(age)} ms.`,
    { ...WARNING, code: 'POOL_LEAK_ENDED' },
  )
}

const WARNING = { type: 'PoolWarning', code: 'POOL_WARNING' }
