import { type Channel, channel, tracingChannel } from 'node:diagnostics_channel'
import type { MaybePromise } from '../maybe-promise.ts'
import type { Pool } from '../pool.ts'
import type { Creator, PoolableConnection } from '../poolable-connection.ts'
import type { PooledConnection } from '../pooled-connection.ts'
import { trace, type TraceChannel, type TraceMessage } from './trace.ts'

/** The pool of a message, whatever its connections are. */
export type PoolOfMessage = Pick<Pool<PoolableConnection>, 'name' | 'capacity' | 'status'>

/** The message of the tracing channel `poolclass:connect`: a pool opens a connection. */
export interface ConnectMessage extends TraceMessage {
  readonly pool: PoolOfMessage
  /** The new connection. Absent until it is open. */
  connection?: PoolableConnection
}

/** The message of the tracing channel `poolclass:pool:acquire`: code checks a connection out. */
export interface AcquireMessage extends TraceMessage {
  readonly pool: PoolOfMessage
  /** The connection that was lent. Absent until then. */
  connection?: PoolableConnection
}

/** The message of the channel `poolclass:pool:release`: a checkout has ended, however it did. */
export interface ReleaseMessage {
  readonly pool: PoolOfMessage
  /** The connection that was out. It may be closed by now, or have left the pool. */
  readonly connection: PoolableConnection
  /** When it was lent, in milliseconds on the clock of `performance.now()`. */
  readonly startTime: number
  /** How long it was out, in milliseconds. */
  readonly duration: number
}

/** A checkout whose end the release channel reports. */
export type Borrowing = Pick<ReleaseMessage, 'connection' | 'startTime'>

const connectChannel: TraceChannel<ConnectMessage> = tracingChannel('poolclass:connect')
export const acquireChannel: TraceChannel<AcquireMessage> = tracingChannel('poolclass:pool:acquire')
export const releaseChannel: Channel = channel('poolclass:pool:release')

/** The creator of a pool, telling of each connection that it opens. */
export function tellingCreator<C extends PoolableConnection>(
  pool: PoolOfMessage,
  creator: Creator<C>,
): Creator<C> {
  return () => {
    if (!connectChannel.hasSubscribers) return creator()
    const message: ConnectMessage = { pool, startTime: performance.now() }
    return trace(connectChannel, message, creator, (connection) => (message.connection = connection))
  }
}

export function traceAcquire<C extends PoolableConnection>(
  pool: PoolOfMessage,
  acquire: () => MaybePromise<PooledConnection<C>>,
): MaybePromise<PooledConnection<C>> {
  const message: AcquireMessage = { pool, startTime: performance.now() }
  return trace(acquireChannel, message, acquire, (pooled) => (message.connection = pooled.connection))
}

/** Notes that a connection is lent, so that its return can be reported. */
export function noteBorrowing(slot: Borrowed): void {
  const { connection } = slot
  slot.borrowing = connection && { connection, startTime: performance.now() }
}

export function tellRelease(pool: PoolOfMessage, slot: Borrowed): void {
  const { borrowing } = slot
  if (borrowing === undefined) return
  slot.borrowing = undefined
  const duration = performance.now() - borrowing.startTime
  releaseChannel.publish({ pool, ...borrowing, duration } satisfies ReleaseMessage)
}

/** A slot, as far as messages go. */
interface Borrowed {
  readonly connection: PoolableConnection | undefined
  borrowing: Borrowing | undefined
}
