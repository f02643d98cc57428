import type { PoolClass, PoolOptions } from '@poolclass/pools'
import type { Driver } from '../drivers/driver.ts'
import type { DriverTraits } from '../drivers/driver-traits.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import type { ResolvedConnectArgs } from './connect-args.ts'
import type { PooledSqliteDialectConfig, TransactionMode } from './dialect-config.ts'
import type { Extension } from './extension-files.ts'
import type { CheckedExtension } from './extensions.ts'
import type { KeyOption } from './key.ts'
import type { Limits } from './limits.ts'
import type { ConfigPragma } from './pragmas.ts'
import type { ServerOptions } from './server-args.ts'

/** A config with its defaults, every value checked, as it is in this process. */
export interface ResolvedConfig {
  readonly driver: Driver
  readonly location: SqliteLocation
  readonly poolclass: PoolClass
  readonly poolclassChosenBy: 'config' | 'url'
  readonly poolOptions: PoolOptions
  readonly connectArgs: ResolvedConnectArgs
  /** Present where the location is a server. */
  readonly server: ServerOptions | undefined
  readonly pragmas: readonly ConfigPragma[]
  /** For the pragma `wal_autocheckpoint`; undefined: the dialect leaves it alone. */
  readonly autocheckpoint: number | undefined
  readonly extensions: readonly Extension[]
  readonly key: Uint8Array | undefined
  readonly transactionMode: TransactionMode
  readonly limits: Limits
  readonly optimize: boolean
  /** In bytes. 0: the dialect does not watch the WAL. Infinity: this dialect makes no checkpoint, and its readers make way for those of others. */
  readonly walLimit: number
  /** How many worker threads hold the connections; 0: the calling thread does. */
  readonly threads: number
  readonly creator: Exclude<PooledSqliteDialectConfig['creator'], null>
  readonly onCreateConnection: Exclude<PooledSqliteDialectConfig['onCreateConnection'], null>
}

/** The same, before it is tied to a process: a path may be relative, a key in the environment, a driver not there. */
export interface CheckedConfig extends Omit<ResolvedConfig, 'driver' | 'extensions' | 'key'> {
  readonly driver: DriverTraits
  readonly extensions: readonly CheckedExtension[]
  readonly key: KeyOption | undefined
}
