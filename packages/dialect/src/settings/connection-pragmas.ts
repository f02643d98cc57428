/**
 * The pragmas that set something of a connection, as https://www.sqlite.org/pragma.html documents them. What is
 * stored in the database (`user_version`, `application_id`), what holds for one transaction (`defer_foreign_keys`), what
 * holds for the process (`soft_heap_limit`, `hard_heap_limit`, `temp_store_directory`) and what does something rather
 * than set it are not among them.
 */
export const CONNECTION_PRAGMAS: ReadonlySet<string> = new Set([
  'analysis_limit',
  'automatic_index',
  'cache_size',
  'cache_spill',
  'case_sensitive_like',
  'cell_size_check',
  'checkpoint_fullfsync',
  'count_changes',
  'empty_result_callbacks',
  'foreign_keys',
  'full_column_names',
  'fullfsync',
  'ignore_check_constraints',
  'journal_size_limit',
  'legacy_alter_table',
  'locking_mode',
  'max_page_count',
  'mmap_size',
  'query_only',
  'read_uncommitted',
  'recursive_triggers',
  'reverse_unordered_selects',
  'secure_delete',
  'short_column_names',
  'synchronous',
  'temp_store',
  'threads',
  'trusted_schema',
  'wal_autocheckpoint',
  'writable_schema',
])

/**
 * The pragmas that take effect when the file is created, or when `VACUUM` writes it anew. Until then the
 * connection keeps the value. `auto_vacuum` also writes to a file that has it on already.
 */
export const NEXT_FILE_PRAGMAS: ReadonlySet<string> = new Set(['auto_vacuum', 'encoding', 'page_size'])

/**
 * The pragma that is in the file when it says `wal`, or when it takes the file out of WAL, and else holds for one
 * connection, https://www.sqlite.org/pragma.html#pragma_journal_mode
 */
export const JOURNAL_MODE = 'journal_mode'

/** The pragmas that write to the file when they are given a value. */
export const FILE_PRAGMAS: ReadonlySet<string> = new Set([
  'application_id',
  'auto_vacuum',
  'hexrekey',
  'incremental_vacuum',
  JOURNAL_MODE,
  'optimize',
  'rekey',
  'schema_version',
  'user_version',
])
