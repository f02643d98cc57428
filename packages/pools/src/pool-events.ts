import type { EventDetails, EventName, Events, FaultDetails, Listener } from './event-hub.ts'
import type { Pool } from './pool.ts'
import type { PoolableConnection } from './poolable-connection.ts'

/** What a listener is told besides the connection. */
export type PoolEventDetails<C extends PoolableConnection> = EventDetails<Pool<C>>

/** What a listener of `invalidate` and `softInvalidate` is told. */
export type InvalidationDetails<C extends PoolableConnection> = FaultDetails<Pool<C>>

/** The events of a pool and what each tells. */
export type PoolEvents<C extends PoolableConnection> = Events<Pool<C>>

export type PoolEventName = EventName

export type PoolListener<C extends PoolableConnection, E extends PoolEventName> = Listener<C, E, Pool<C>>
