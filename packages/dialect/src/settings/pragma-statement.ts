import { EXPLAIN, GAP } from '../connection/first-keyword.ts'
import { nameKey } from '../connection/identifier.ts'

/** What a `PRAGMA` statement is about. */
export interface PragmaStatement {
  /** `''` where the statement names none. */
  readonly schema: string
  readonly name: string
  /** It gives the pragma a value, or an argument, rather than ask for the value. */
  readonly assigns: boolean
  /** What it may be given, behind `=` or in parentheses: SQLite accepts the first that is an expression. */
  readonly givens: readonly string[]
  /** It begins with `EXPLAIN`. */
  readonly explained: boolean
  /** The same statement for a pragma that does not exist: SQLite checks it as it would the true one, and ignores it. */
  readonly rehearsal: string
  /** The same statement behind `EXPLAIN`: SQLite does what it does to the connection, and nothing to the database. */
  readonly explanation: string
}

/** Takes a `PRAGMA` statement apart. Undefined for one that SQLite does not accept either. */
export function pragmaStatement(sql: string): PragmaStatement | undefined {
  const match = PRAGMA.exec(sql)
  if (match === null) return undefined
  const [, gap = '', explain, first = '', second, assignment] = match
  const [start, end] = match.indices![second === undefined ? 3 : 4]!
  return {
    schema: second === undefined ? '' : unquoted(first),
    name: unquoted(second ?? first),
    assigns: assignment !== undefined,
    givens: givensOf(sql.slice(match[0].length), assignment),
    explained: explain !== undefined,
    rehearsal: `${sql.slice(0, start)}"${NO_PRAGMA}"${sql.slice(end)}`,
    explanation: explain === undefined ? `${gap}explain ${sql.slice(gap.length)}` : sql,
  }
}

/** There may be parentheses in a string, and in a comment behind. */
function givensOf(rest: string, assignment: string | undefined): readonly string[] {
  if (assignment !== '(') return assignment === undefined ? [] : [rest]
  return Array.from(rest.matchAll(/\)/g), ({ index }) => rest.slice(0, index))
}

function unquoted(name: string): string {
  const quote = name[0]!
  if (quote === '[') return nameKey(name.slice(1, -1))
  if (!QUOTES.includes(quote)) return nameKey(name)
  return nameKey(name.slice(1, -1).replaceAll(quote + quote, quote))
}

const QUOTES = `"'\``

/** As SQLite reads an identifier, https://www.sqlite.org/lang_keywords.html */
const NAME = String.raw`("(?:[^"]|"")*"|'(?:[^']|'')*'|\x60(?:[^\x60]|\x60\x60)*\x60|\[[^\]]*\]|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)`
const PRAGMA = new RegExp(
  `^(${GAP})(${EXPLAIN})?pragma${GAP}${NAME}${GAP}(?:\\.${GAP}${NAME}${GAP})?([=(])?`,
  'di',
)
const NO_PRAGMA = 'poolclass_rehearsal'
