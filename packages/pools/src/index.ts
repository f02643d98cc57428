export { AssertionPool } from './assertion-pool.ts'
export type { ConnectOptions } from './connect-options.ts'
export type {
  AcquireMessage,
  ConnectMessage,
  PoolOfMessage,
  ReleaseMessage,
} from './diagnostics/pool-channels.ts'
export type { TraceMessage } from './diagnostics/trace.ts'
export type { ConnectionRecord } from './connection-record.ts'
export {
  ConnectionClosedError,
  DisconnectionError,
  PoolAssertionError,
  PoolError,
  PoolOptionError,
  PoolTimeoutError,
} from './errors.ts'
export type { ConnectionInfo } from './events/connection-info.ts'
export type {
  CheckoutDetails,
  InvalidationDetails,
  PoolEventDetails,
  PoolEventName,
  PoolEvents,
  PoolListener,
  PoolListeners,
  ResetDetails,
  ResetReason,
} from './events/pool-events.ts'
export { GenericPool } from './generic-pool.ts'
export type { MaybePromise } from './maybe-promise.ts'
export { NullPool } from './null-pool.ts'
export { Pool } from './pool.ts'
export type { PoolClass } from './pool-class.ts'
export { POOL_OPTION_NAMES } from './pool-option-rules.ts'
export type { PoolOptions, PoolOptionsOf, ResolvedPoolOptions } from './pool-options.ts'
export type { PoolStatus } from './pool-status.ts'
export type { Creator, PoolableConnection } from './poolable-connection.ts'
export { PooledConnection } from './pooled-connection.ts'
export { QueuePool } from './queue-pool.ts'
export { SingletonThreadPool } from './singleton-thread-pool.ts'
export { StaticPool } from './static-pool.ts'
