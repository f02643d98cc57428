import { sizeOf } from './byte-size.ts'

/** A value for a pragma, as the statement sets it and as SQLite reads it back. */
export interface PragmaValue {
  readonly set: string | number
  /** Absent where SQLite may read back another value and still have done what it documents. */
  readonly reads?: string | number
}

/** What a pragma can be set to. */
interface PragmaKind {
  /** Completes the sentence "it must be …". */
  readonly expected: string
  /** The names among the values, if there are some. */
  readonly names?: readonly string[]
  /** Undefined for what is no value of the pragma: SQLite would take it for another one, without a word. */
  readonly value: (given: unknown) => PragmaValue | undefined
}

const SWITCH: ReadonlyMap<string, 0 | 1> = new Map([
  ...['true', 'on', 'yes', '1'].map((word) => [word, 1] as const),
  ...['false', 'off', 'no', '0'].map((word) => [word, 0] as const),
])

const BOOLEAN: PragmaKind = {
  expected: "true, false, 'on' or 'off'",
  value: (given) => {
    const value = SWITCH.get(wordOf(given))
    return value === undefined ? undefined : same(value)
  },
}

/** SQLite numbers them from 0, takes the number or the name, and reads back the number. */
function numbered(...names: string[]): PragmaKind {
  return {
    expected: listed(names),
    names,
    value: (given) => {
      const number = typeof given === 'boolean' ? -1 : names.indexOf(wordOf(given))
      return number >= 0 ? same(number) : integer(given, 0, names.length - 1)
    },
  }
}

/** SQLite takes the name alone, and reads it back. */
function named(...names: string[]): PragmaKind {
  return {
    expected: listed(names),
    names,
    value: (given) =>
      typeof given === 'string' && names.includes(wordOf(given)) ? same(wordOf(given)) : undefined,
  }
}

function whole(unit: string, least: number, most = INT32): PragmaKind {
  return {
    expected: `a whole number${unit === '' ? '' : ` of ${unit}`} from ${least} to ${most}`,
    value: (given) => integer(given, least, most),
  }
}

function bytes(least: number, most = Number.MAX_SAFE_INTEGER): PragmaKind {
  return {
    expected: `a number of bytes from ${least} to ${most}, or a size such as '64MB'`,
    value: (given) => integer(sizeOf(given) ?? given, least, most),
  }
}

/** Whose value SQLite does not read back, or rightly another one: a limit is capped, a file stays as it was created. */
function unread(kind: PragmaKind): PragmaKind {
  return {
    ...kind,
    value: (given) => {
      const value = kind.value(given)
      return value === undefined ? undefined : { set: value.set }
    },
  }
}

const PAGES: PragmaKind = {
  expected: "a number of pages, a negative number of KiB, or a size such as '64MB'",
  value: (given) => {
    const size = sizeOf(given)
    return integer(size === undefined ? given : -size / 1024, -INT32 - 1, INT32)
  },
}

const SECURE_DELETE: PragmaKind = {
  expected: 'true, false or fast',
  names: ['fast'],
  value: (given) => (wordOf(given) === 'fast' ? { set: 'fast', reads: 2 } : BOOLEAN.value(given)),
}

const SPILL: PragmaKind = {
  expected: 'true, false, or a number of pages',
  value: (given) => BOOLEAN.value(given) ?? integer(given, 0, INT32),
}

const ENCODING: PragmaKind = {
  expected: 'UTF-8, UTF-16, UTF-16le or UTF-16be',
  value: (given) =>
    typeof given === 'string' && /^utf-?(?:8|16(?:le|be)?)$/i.test(given) ? same(given) : undefined,
}

const PAGE_SIZE: PragmaKind = {
  expected: 'a power of two from 512 to 65536 bytes',
  value: (given) => {
    const value = bytes(512, 65536).value(given)
    return value !== undefined && Number.isInteger(Math.log2(Number(value.set))) ? value : undefined
  },
}

/** Below 0 it is off, which reads back as 0. */
const CHECKPOINT: PragmaKind = {
  expected: 'a whole number of pages, 0 for never',
  value: (given) => {
    const value = integer(given, -INT32, INT32)
    return value === undefined ? undefined : { ...value, reads: Math.max(Number(value.set), 0) }
  },
}

const INT32 = 2 ** 31 - 1

/**
 * The pragmas that set something, by name, as https://www.sqlite.org/pragma.html documents them. Others do something, or
 * are not known here yet: their values are SQLite's affair.
 */
const KINDS: Readonly<Record<string, PragmaKind>> = {
  analysis_limit: whole('rows', 0),
  application_id: whole('', -INT32 - 1),
  auto_vacuum: unread(numbered('none', 'full', 'incremental')),
  automatic_index: BOOLEAN,
  cache_size: PAGES,
  cache_spill: unread(SPILL),
  case_sensitive_like: unread(BOOLEAN),
  cell_size_check: BOOLEAN,
  checkpoint_fullfsync: BOOLEAN,
  count_changes: BOOLEAN,
  defer_foreign_keys: BOOLEAN,
  empty_result_callbacks: BOOLEAN,
  encoding: unread(ENCODING),
  foreign_keys: BOOLEAN,
  full_column_names: BOOLEAN,
  fullfsync: BOOLEAN,
  hard_heap_limit: unread(bytes(0)),
  ignore_check_constraints: BOOLEAN,
  journal_mode: named('delete', 'truncate', 'persist', 'memory', 'wal', 'off'),
  journal_size_limit: bytes(-1),
  legacy_alter_table: BOOLEAN,
  locking_mode: named('normal', 'exclusive'),
  max_page_count: unread(whole('pages', 1, 2 ** 32 - 2)),
  mmap_size: unread(bytes(0)),
  page_size: unread(PAGE_SIZE),
  query_only: BOOLEAN,
  read_uncommitted: BOOLEAN,
  recursive_triggers: BOOLEAN,
  reverse_unordered_selects: BOOLEAN,
  secure_delete: SECURE_DELETE,
  short_column_names: BOOLEAN,
  soft_heap_limit: unread(bytes(0)),
  synchronous: numbered('off', 'normal', 'full', 'extra'),
  temp_store: numbered('default', 'file', 'memory'),
  threads: unread(whole('threads', 0)),
  trusted_schema: BOOLEAN,
  user_version: whole('', -INT32 - 1),
  wal_autocheckpoint: CHECKPOINT,
  writable_schema: BOOLEAN,
}

export const PRAGMA_NAMES: readonly string[] = Object.keys(KINDS)

/** What is known of a pragma, by its name in lower case. */
export function pragmaKind(name: string): PragmaKind | undefined {
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
}

function same(value: string | number): PragmaValue {
  return { set: value, reads: value }
}

function wordOf(given: unknown): string {
  return String(given).toLowerCase()
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

function integer(given: unknown, least: number, most: number): PragmaValue | undefined {
  const number = typeof given === 'string' && /^-?\d+$/.test(given) ? Number(given) : given
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return undefined
  return number >= least && number <= most ? same(number) : undefined
}
