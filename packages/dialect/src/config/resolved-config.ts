import type { PoolClass, PoolOptions } from '@poolclass/pools'
import type { Driver } from '../drivers/driver.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import type { ResolvedConnectArgs } from './connect-args.ts'
import type { PooledSqliteDialectConfig, TransactionMode } from './dialect-config.ts'
import type { Extension } from './extensions.ts'
import type { ConfigPragma } from './pragmas.ts'

/** A config with its defaults, every value checked. */
export interface ResolvedConfig {
  readonly driver: Driver
  readonly location: SqliteLocation
  readonly poolclass: PoolClass
  readonly poolclassChosenBy: 'config' | 'url'
  readonly poolOptions: PoolOptions
  readonly connectArgs: ResolvedConnectArgs
  readonly pragmas: readonly ConfigPragma[]
  readonly extensions: readonly Extension[]
  readonly key: Uint8Array | undefined
  readonly transactionMode: TransactionMode
  /** How many worker threads hold the connections; 0: the calling thread does. */
  readonly threads: number
  readonly creator: Exclude<PooledSqliteDialectConfig['creator'], null>
  readonly onCreateConnection: Exclude<PooledSqliteDialectConfig['onCreateConnection'], null>
}
