import { firstKeyword, GAP } from '../../connection/first-keyword.ts'

/** What a statement does to the database. */
export interface StatementEffect {
  /** It cannot change the database, https://www.sqlite.org/c3ref/stmt_readonly.html */
  readonly readonly: boolean
  /** It can change rows. Of any other statement SQLite tells how many an earlier one has changed. */
  readonly changesRows: boolean
}

/**
 * Tells by the first keyword where that decides, and else by the program that SQLite has made of the statement.
 *
 * @param explain Gives the rows of an `EXPLAIN` statement.
 */
export function statementEffect(sql: string, explain: (sql: string) => readonly unknown[]): StatementEffect {
  const keyword = firstKeyword(sql)
  if (READING.has(keyword)) return READS
  if (CHANGING.has(keyword)) return CHANGES
  return { readonly: isReadonly(sql, explain), changesRows: keyword === 'with' }
}

/** Whether a text has no statement in it. */
export function isGap(text: string): boolean {
  ONLY_GAP.lastIndex = 0
  return ONLY_GAP.test(text)
}

/** As `sqlite3_stmt_readonly` would say, which `node:sqlite` does not pass on. What cannot be told is taken for a write. */
function isReadonly(sql: string, explain: (sql: string) => readonly unknown[]): boolean {
  LEADING_GAP.lastIndex = 0
  const start = LEADING_GAP.exec(sql)?.[0].length ?? 0
  try {
    const program = explain(`explain ${sql.slice(start)}`) as readonly Instruction[]
    return !program.some(({ opcode, p2 }) => (opcode === 'Transaction' && p2 !== 0) || WRITING.has(opcode))
  } catch {
    return false
  }
}

/** https://www.sqlite.org/opcode.html */
interface Instruction {
  readonly opcode: string
  readonly p2: number
}

const READS: StatementEffect = { readonly: true, changesRows: false }
const CHANGES: StatementEffect = { readonly: false, changesRows: true }

const READING: ReadonlySet<string> = new Set([
  'commit',
  'end',
  'explain',
  'release',
  'rollback',
  'savepoint',
  'select',
  'values',
])
const CHANGING: ReadonlySet<string> = new Set(['delete', 'insert', 'replace', 'update'])

/** By these, and a transaction that writes, `sqlite3_stmt_readonly` knows a statement. */
const WRITING: ReadonlySet<string> = new Set(['Checkpoint', 'JournalMode', 'Vacuum'])

const LEADING_GAP = new RegExp(GAP, 'y')
const ONLY_GAP = new RegExp(`${GAP}$`, 'y')
