import { GAP } from '../connection/first-keyword.ts'
import { nameKey } from '../connection/identifier.ts'

/**
 * The pragmas that set something of a connection, as https://www.sqlite.org/pragma.html documents them. What is
 * stored in the database (`journal_mode`, `user_version`, `application_id`, `auto_vacuum`, `page_size`, `encoding`),
 * what holds for one transaction (`defer_foreign_keys`), what holds for the process (`soft_heap_limit`,
 * `hard_heap_limit`, `temp_store_directory`) and what does something rather than set it are not among them.
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

/** What a `PRAGMA` statement is about. */
export interface PragmaTarget {
  /** `''` where the statement names none. */
  readonly schema: string
  readonly name: string
  /** It gives the pragma a value, or an argument, rather than ask for the value. */
  readonly assigns: boolean
}

/** The pragma that a `PRAGMA` statement names. */
export function pragmaTarget(sql: string): PragmaTarget | undefined {
  const match = PRAGMA.exec(sql)
  if (match === null) return undefined
  const [, first = '', second, assignment] = match
  return {
    schema: second === undefined ? '' : unquoted(first),
    name: unquoted(second ?? first),
    assigns: assignment !== undefined,
  }
}

function unquoted(name: string): string {
  return nameKey(name.replaceAll(/^["'`[]|["'`\]]$/g, ''))
}

const NAME = String.raw`("[^"]+"|'[^']+'|\x60[^\x60]+\x60|\[[^\]]+\]|[^\s"'\x60[\].=();/-]+)`
const PRAGMA = new RegExp(`^${GAP}pragma${GAP}${NAME}${GAP}(?:\\.${GAP}${NAME}${GAP})?([=(])?`, 'i')
