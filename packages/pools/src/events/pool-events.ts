import type { Pool } from '../pool.ts'
import type { PoolableConnection } from '../poolable-connection.ts'
import type { PooledConnection } from '../pooled-connection.ts'
import type { ConnectionInfo } from './connection-info.ts'

/** What a listener is told besides the connection. */
export interface PoolEventDetails<C extends PoolableConnection> {
  readonly pool: Pool<C>
  /** What is noted of the connection, as long as it lives. The same as a checkout's `info`. */
  readonly info: ConnectionInfo
}

/** What a listener of `checkout` is told. */
export interface CheckoutDetails<C extends PoolableConnection> extends PoolEventDetails<C> {
  readonly checkout: PooledConnection<C>
}

/** What a listener of `reset` is told, as SQLAlchemy's `PoolResetState` tells it. */
export interface ResetDetails<C extends PoolableConnection> extends PoolEventDetails<C>, ResetReason {}

/** Why a connection is reset. */
export interface ResetReason {
  /** Its checkout was closed, was forgotten and found by the garbage collector, or had been detached and is closed. */
  readonly reason: 'close' | 'forgotten' | 'detached'
  /** It is closed after the reset, and not lent again. */
  readonly terminateOnly: boolean
}

/** What a listener of `invalidate` and `softInvalidate` is told. */
export interface InvalidationDetails<C extends PoolableConnection> extends PoolEventDetails<C> {
  /** What was wrong with the connection, as far as known. */
  readonly error: unknown
}

/**
 * The events of a pool and what each tells, as in SQLAlchemy's `PoolEvents`. Asynchronous listeners are awaited.
 *
 * A listener of `connect`, `firstConnect` or `checkout` that throws makes that `connect()` reject, and one of `reset`
 * counts as a failed reset. The others look on: what they throw becomes a warning of the process.
 */
export interface PoolEvents<C extends PoolableConnection> {
  /** The first connection of this pool is open. Nobody gets a connection before the listeners are through. */
  firstConnect: PoolEventDetails<C>
  /** A connection was opened. The place to set it up. */
  connect: PoolEventDetails<C>
  /** A connection is about to be lent. A listener that throws a `DisconnectionError` asks for another one. */
  checkout: CheckoutDetails<C>
  /**
   * A checkout has ended: its connection was given back and has been reset, or it was invalidated, or its reset failed. In
   * the last two cases it is closed. Only a checkout that ends by `detach` has no check-in.
   */
  checkin: PoolEventDetails<C>
  /** A connection was given back, or is about to be closed after a detach, and is about to be reset. */
  reset: ResetDetails<C>
  /** A connection is closed because something is wrong with it. */
  invalidate: InvalidationDetails<C>
  /** A connection is to be replaced at its next checkout. */
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
