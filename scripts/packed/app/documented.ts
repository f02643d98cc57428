import type {
  BackupOptions,
  ConnectArgs,
  PooledSqliteDialect,
  PooledSqliteDialectConfig,
} from '@poolclass/dialect'
import type { Pool, PoolableConnection, PooledConnection, PoolOptions, PoolStatus } from '@poolclass/pools'

export type Config = PooledSqliteDialectConfig<'QueuePool'>
export type Args = ConnectArgs
export type Dialect = PooledSqliteDialect
export type Backup = BackupOptions
export type AnyPool = Pool<PoolableConnection>
export type Options = PoolOptions
export type Status = PoolStatus
export type Checkout = PooledConnection<PoolableConnection>
