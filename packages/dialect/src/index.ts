/**
 * A Kysely dialect for SQLite with connection pools.
 *
 * @module @poolclass/dialect
 */
// oxlint-disable-next-line import/no-unassigned-import -- a bundler drops a side effect that it finds only behind modules without any
import './drivers/better-sqlite3/uri-switch.ts'
export * from '@poolclass/pools'
export type { BackupOptions } from './backup/backup.ts'
export type { DatabaseCheck } from './check/check.ts'
export type { ConnectArgs } from './config/connect-args.ts'
export type {
  ConstructorOptions,
  CreatedDatabase,
  DatabaseCreator,
  DatabaseOpening,
} from './config/database-creator.ts'
export type {
  PoolClassChoice,
  PoolClassName,
  PooledSqliteDialectConfig,
  TransactionMode,
} from './config/dialect-config.ts'
export { serverConfig } from './config/server-config.ts'
export type { KeyOption } from './config/key.ts'
export type { ExtensionOptions } from './config/extensions.ts'
export type {
  Connection,
  Copying,
  CopyProgress,
  StatementKind,
  StatementResult,
} from './connection/connection.ts'
export type {
  CheckpointMessage,
  MessageSource,
  QueryMessage,
  TransactionMessage,
  WaitMessage,
} from './diagnostics/channels.ts'
export { explain, type ExplainedError, type ExplainedPool, type Explanation } from './explain.ts'
export type { WaitHolder } from './session/waits.ts'
export { isSqliteError, type SqliteError } from './drivers/driver.ts'
export type { DriverName } from './drivers/driver-traits.ts'
export type { SqliteHandle, SqliteStatement } from './drivers/local/handle.ts'
export { LocalConnection } from './drivers/local/local-connection.ts'
export { PooledSqliteDialect } from './kysely/pooled-sqlite-dialect.ts'
export { BackupError, RestoreError } from './errors/backup-errors.ts'
export { DialectConfigError } from './errors/config-errors.ts'
export { DialectError } from './errors/dialect-error.ts'
export { DriverMissingError, ExtensionError, UriSupportError } from './errors/driver-errors.ts'
export {
  DestroyedError,
  ReleasedError,
  StreamEndedError,
  TransactionLostError,
} from './errors/session-errors.ts'
export {
  AttachmentInMemoryError,
  PrivateAttachmentError,
  RekeyError,
  SettingReplayError,
} from './errors/settings-errors.ts'
export { MovedFileError } from './errors/moved-file.ts'
export { ServerError, type ServerErrorReason } from './errors/server-errors.ts'
export { StatementTimeoutError } from './errors/limits-errors.ts'
export { HandleElsewhereError, ThreadDiedError } from './errors/threads-errors.ts'
export { SqliteUrlError, type SqliteUrlErrorDetails, type SqliteUrlReason } from './errors/url-errors.ts'
export { type TraceFile, traceTo } from './trace-file/trace-to.ts'
export { ThreadConnection } from './threads/thread-connection.ts'
export { type ThreadSafety, threadsafety } from './drivers/local/thread-safety.ts'
export { parseSqliteUrl } from './url/parse-sqlite-url.ts'
export { poolClassFor } from './url/pool-class-for.ts'
export type {
  AccessMode,
  FileLocation,
  MemoryLocation,
  ServerLocation,
  SharedMemoryLocation,
  SqliteLocation,
  TemporaryLocation,
} from './url/sqlite-location.ts'
