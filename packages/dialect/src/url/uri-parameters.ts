/**
 * The query parameters that SQLite reads from a `file:` URI. It ignores all others, and they are case sensitive.
 *
 * Source: https://www.sqlite.org/uri.html#recognized_query_parameters
 */
export const URI_PARAMETERS: readonly string[] = [
  'mode',
  'cache',
  'immutable',
  'nolock',
  'psow',
  'vfs',
  'modeof',
]

const CHECK_SAME_THREAD = 'set `connectArgs.checkSameThread`'
const BUSY_TIMEOUT = 'set `connectArgs.timeout`, in milliseconds (Python counts seconds)'
const KEY = "set `key`, such as `key: { env: 'DATABASE_KEY' }`"
const PRAGMA = 'set it in `pragmas`'

/** Parameters that other libraries take in the URL, and where they live in the config of this one. */
const HOMES: ReadonlyMap<string, string> = new Map([
  ['check_same_thread', CHECK_SAME_THREAD],
  ['checkSameThread', CHECK_SAME_THREAD],
  ['timeout', BUSY_TIMEOUT],
  ['busy_timeout', BUSY_TIMEOUT],
  ['_busy_timeout', BUSY_TIMEOUT],
  ['isolation_level', "set `transactionMode` ('deferred', 'immediate' or 'exclusive')"],
  ['autocommit', 'leave it out: a query outside a transaction commits by itself'],
  ['detect_types', 'leave it out: values arrive as SQLite stores them'],
  ['cached_statements', 'set `connectArgs.statementCacheSize`'],
  ['statementCacheSize', 'set `connectArgs.statementCacheSize`'],
  ['factory', 'pass a `creator`'],
  ['safeIntegers', 'set `connectArgs.safeIntegers`'],
  ['readonly', 'write `mode=ro` in a `file:` URI, or set `connectArgs.readonly`'],
  ['fileMustExist', 'write `mode=rw` in a `file:` URI, or set `connectArgs.fileMustExist`'],
  ['poolclass', 'set `poolclass`'],
  ['pool_size', 'set `poolSize`'],
  ['poolSize', 'set `poolSize`'],
  ['connection_limit', 'set `poolSize`'],
  ['max_overflow', 'set `maxOverflow`'],
  ['pool_timeout', 'set `poolTimeout`, in milliseconds'],
  ['pool_recycle', 'set `poolRecycle`, in milliseconds'],
  ['pool_pre_ping', 'set `poolPrePing`'],
  ['key', KEY],
  ['hexkey', KEY],
  ['textkey', KEY],
  ['password', KEY],
  ['journal_mode', PRAGMA],
  ['foreign_keys', PRAGMA],
  ['synchronous', PRAGMA],
  ['cache_size', PRAGMA],
])

/** Where a parameter lives that SQLite does not know, as an imperative clause; undefined for an unheard-of name. */
export function configHome(parameter: string): string | undefined {
  return HOMES.get(parameter)
}
