import type { Pool } from '../pool.ts'
import type { PoolableConnection } from '../poolable-connection.ts'
import type { PooledConnection } from '../pooled-connection.ts'
import type { ConnectionInfo } from './connection-info.ts'

/** What a listener gets besides the connection. */
export interface PoolEventDetails<C extends PoolableConnection> {
  readonly pool: Pool<C>
  /** The notes on the connection, which live as long as it does. It is the same object as a checkout's `info`. */
  readonly info: ConnectionInfo
}

/** What a listener of `checkout` gets. */
export interface CheckoutDetails<C extends PoolableConnection> extends PoolEventDetails<C> {
  readonly checkout: PooledConnection<C>
}

/** What a listener of `reset` gets, as in SQLAlchemy's `PoolResetState`. */
export interface ResetDetails<C extends PoolableConnection> extends PoolEventDetails<C>, ResetReason {}

/** Why a connection is reset. */
export interface ResetReason {
  /** Its checkout was closed, was found by the garbage collector, or had been detached and is closed. */
  readonly reason: 'close' | 'forgotten' | 'detached'
  /** It is closed after the reset, and not lent again. */
  readonly terminateOnly: boolean
}

/** What a listener of `invalidate` and `softInvalidate` gets. */
export interface InvalidationDetails<C extends PoolableConnection> extends PoolEventDetails<C> {
  /** What was wrong with the connection, if that is known. */
  readonly error: unknown
}

/**
 * The events of a pool, as in SQLAlchemy's `PoolEvents`. The pool awaits asynchronous listeners.
 *
 * If a listener of `connect`, `firstConnect` or `checkout` throws, the `connect()` call rejects. If a listener of `reset` throws, the
 * reset has failed. The error of any other listener becomes a warning of the process.
 */
export interface PoolEvents<C extends PoolableConnection> {
  /** The first connection of this pool is open. The pool lends it when the listeners have finished. */
  firstConnect: PoolEventDetails<C>
  /** A connection was opened. Set it up here. */
  connect: PoolEventDetails<C>
  /** A connection is about to be lent. A listener that throws a `DisconnectionError` asks for another one. */
  checkout: CheckoutDetails<C>
  /**
   * A checkout has ended. Its connection was reset, or it was closed after an invalidation or a failed reset. A checkout that ends by
   * `detach` has no check-in.
   */
  checkin: PoolEventDetails<C>
  /** A connection is about to be reset: it was given back, or it will be closed after a detach. */
  reset: ResetDetails<C>
  /** A connection is closed because something is wrong with it. */
  invalidate: InvalidationDetails<C>
  /** A connection will be replaced at its next checkout. */
  softInvalidate: InvalidationDetails<C>
  /** A connection is about to be closed. */
  close: PoolEventDetails<C>
  /** A connection has left the pool for good. */
  detach: PoolEventDetails<C>
  /** A connection that had left the pool is about to be closed. */
  closeDetached: PoolEventDetails<C>
}

export type PoolEventName = keyof PoolEvents<PoolableConnection>

/** As a method's type: a listener may name the type of connection that it expects, also where any pool is listened to. */
export type PoolListener<C extends PoolableConnection, E extends PoolEventName> = {
  listen(connection: C, details: PoolEvents<C>[E]): void | Promise<void>
}['listen']

/** A listener, or several, for some of the events. */
export type PoolListeners<C extends PoolableConnection> = {
  readonly [E in PoolEventName]?: PoolListener<C, E> | readonly PoolListener<C, E>[]
}
