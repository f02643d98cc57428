/**
 * What SQLite skips, as a pattern: its white space, to which a byte-order mark belongs, semicolons and comments, the last of
 * which need not end. Each branch begins with another character: nothing is tried twice.
 */
export const GAP: string = String.raw`(?:[ \t\n\f\r\uFEFF;]|--[^\n]*(?:\n|$)|/\*(?:[^*]|\*(?!/))*(?:\*/|$))*`

/** `EXPLAIN` in front of a statement. SQLite prepares the statement nevertheless, and so carries out many a pragma. */
export const EXPLAIN: string = String.raw`explain\b${GAP}(?:query\b${GAP}plan\b${GAP})?`

/** The statements that are about the session rather than the data. */
export type SessionKeyword = 'pragma' | 'attach' | 'detach'

/**
 * The first keyword of an SQL text where it is one of the session's, past white space, comments and `EXPLAIN`. They are
 * told apart by name because SQLite may carry them out as it prepares them, https://www.sqlite.org/pragma.html
 */
export function sessionKeyword(sql: string): SessionKeyword | undefined {
  const first = sql.charCodeAt(0) | 0x20
  if (isLetterBeyondA(first) && first !== LETTER_D && first !== LETTER_E && first !== LETTER_P)
    return undefined
  const keyword = keywordBy(EXPLAINED_KEYWORD, sql)
  return keyword === 'pragma' || keyword === 'attach' || keyword === 'detach' ? keyword : undefined
}

/** Whether keeping the prepared statement can pay: not for one that changes the schema or the session. */
export function isWorthKeeping(sql: string): boolean {
  return !ONE_OFF.has(firstKeyword(sql))
}

/** Whether the statement is about the transaction alone, and reads nothing. */
export function controlsTransaction(sql: string): boolean {
  return TRANSACTION_CONTROL.has(firstKeyword(sql))
}

/** Whether the statement can leave a transaction open. */
export function beginsTransaction(sql: string): boolean {
  const first = sql.charCodeAt(0) | 0x20
  if (isLetterBeyondA(first) && first !== LETTER_B && !(first === LETTER_S && isLetterA(sql.charCodeAt(1))))
    return false
  const keyword = firstKeyword(sql)
  return keyword === 'begin' || keyword === 'savepoint'
}

/** How the statement ends a transaction, if it does: not where it rolls back to a savepoint, or fails. */
export function transactionEnd(sql: string): 'commit' | 'rollback' | undefined {
  const first = sql.charCodeAt(0) | 0x20
  if (isLetterBeyondA(first) && first !== LETTER_C && first !== LETTER_E && first !== LETTER_R)
    return undefined
  const keyword = firstKeyword(sql)
  if (keyword === 'commit' || keyword === 'end') return 'commit'
  return keyword === 'rollback' ? 'rollback' : undefined
}

function isLetterA(code: number): boolean {
  return (code | 0x20) === LETTER_A
}

function isLetterBeyondA(code: number): boolean {
  return code >= LETTER_B && code <= LETTER_Z
}

/** In lower case; `''` where there is none. */
export function firstKeyword(sql: string): string {
  return keywordBy(FIRST_KEYWORD, sql)
}

function keywordBy(pattern: RegExp, sql: string): string {
  pattern.lastIndex = 0
  return pattern.exec(sql)?.[1]?.toLowerCase() ?? ''
}

const LETTER_A = 0x61
const LETTER_B = 0x62
const LETTER_C = 0x63
const LETTER_D = 0x64
const LETTER_E = 0x65
const LETTER_P = 0x70
const LETTER_R = 0x72
const LETTER_S = 0x73
const LETTER_Z = 0x7a
const FIRST_KEYWORD = new RegExp(`${GAP}([a-z]+)`, 'iy')
const EXPLAINED_KEYWORD = new RegExp(`${GAP}(?:${EXPLAIN})?([a-z]+)`, 'iy')
const TRANSACTION_CONTROL: ReadonlySet<string> = new Set([
  'begin',
  'commit',
  'end',
  'release',
  'rollback',
  'savepoint',
])
const ONE_OFF: ReadonlySet<string> = new Set([
  'alter',
  'analyze',
  'attach',
  'create',
  'detach',
  'drop',
  'explain',
  'pragma',
  'reindex',
  'vacuum',
])
