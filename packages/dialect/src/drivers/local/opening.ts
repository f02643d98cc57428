import type { Extension } from '../../config/extension-files.ts'
import type { ConfigPragma } from '../../config/pragmas.ts'
import type { SqliteLocation } from '../../url/sqlite-location.ts'
import type { PageCacheLimit } from './page-cache-budget.ts'
import type { HandleTarget } from './sqlite-library.ts'

/** All that it takes to open a connection, as data that can travel to another thread. */
export interface Opening extends HandleTarget {
  readonly location: SqliteLocation
  readonly statementCacheSize: number
  /** What its file is encrypted with. */
  readonly key: Uint8Array | undefined
  readonly extensions: readonly Extension[]
  readonly pragmas: readonly ConfigPragma[]
  /** Pages in the WAL behind which a commit makes a checkpoint; undefined: as SQLite does by itself. */
  readonly autocheckpoint: number | undefined
  /** Absent where the library's own page cache stays. */
  readonly pageCache?: PageCacheLimit
  /** In milliseconds; 0: none. */
  readonly statementTimeout: number
  /** It renews the statistics of the database when it is closed. */
  readonly optimizes: boolean
}
