import { firstKeyword } from '../../connection/first-keyword.ts'
import type { SqliteErrorFactory } from '../driver.ts'
import { SqliteError } from '../sqlite-error.ts'
import type { ProtocolError } from './protocol.ts'

export const sqliteError: SqliteErrorFactory = (message, code) => new SqliteError(message, code)

/** Whether the server has rolled the transaction back, because other connections waited for its lock. */
export function isEndOfTransaction({ code }: ProtocolError): boolean {
  return code === 'TRANSACTION_TIMEOUT'
}

/**
 * Turns the server's answer into SQLite's own error, with SQLite's text in front and SQLite's code. The server sends primary
 * codes only. The text tells which constraint was violated.
 *
 * Source: `libsql-server/src/hrana/stmt.rs` of libSQL
 */
export function answeredError({ message, code }: ProtocolError, sql: string): Error {
  switch (code) {
    case 'SQL_PARSE_ERROR':
      return sqliteError(refusal(message, sql), 'SQLITE_ERROR')
    case 'SQL_INPUT_ERROR':
      return sqliteError(
        message.replace(/^SQL input error: (.*) \(at offset -?\d+\)$/s, '$1'),
        'SQLITE_ERROR',
      )
    case 'SQL_MANY_STATEMENTS':
      return new RangeError('The supplied SQL string contains more than one statement')
    case 'SQL_NO_STATEMENT':
      return new RangeError('The supplied SQL string contains no statements')
    case 'ARGS_INVALID':
      return new RangeError(
        `Too ${message.includes('too many') ? 'many' : 'few'} parameter values were provided`,
      )
    case 'TRANSACTION_BUSY':
      return sqliteError('database is locked', 'SQLITE_BUSY')
    case 'RESPONSE_TOO_LARGE':
      return sqliteError(`${message} for the server. Stream it, or select less at once`, 'SQLITE_TOOBIG')
    case 'BLOCKED':
      return sqliteError(message, 'SQLITE_AUTH')
    default:
      return sqliteError(text(message), codeOf(code ?? '', message))
  }
}

function text(message: string): string {
  return message.replace(/^SQLite error: /, '')
}

function codeOf(code: string, message: string): string {
  if (code === 'SQLITE_CONSTRAINT')
    return CONSTRAINTS.find(([start]) => text(message).startsWith(start))?.[1] ?? code
  return code.startsWith('SQLITE_') && code !== 'SQLITE_UNKNOWN' ? code : 'SQLITE_ERROR'
}

/** For a primary key, SQLite uses the same text as for a unique column. */
const CONSTRAINTS: readonly (readonly [start: string, code: string])[] = [
  ['UNIQUE ', 'SQLITE_CONSTRAINT_UNIQUE'],
  ['NOT NULL ', 'SQLITE_CONSTRAINT_NOTNULL'],
  ['CHECK ', 'SQLITE_CONSTRAINT_CHECK'],
  ['FOREIGN KEY ', 'SQLITE_CONSTRAINT_FOREIGNKEY'],
]

/** Adds why the server refuses a statement. The server parses statements itself, and accepts only some. */
function refusal(message: string, sql: string): string {
  const syntax = message.replace(/^SQL string could not be parsed: /, '')
  if (!syntax.startsWith('unsupported statement')) return syntax
  const why =
    REASONS.get(firstKeyword(sql)) ?? 'the server does not accept this kind of statement, or a part of it'
  return `${syntax}: ${why}`
}

const SHARED = 'a libSQL server shares its connections and its file with others'
const REASONS: ReadonlyMap<string, string> = new Map([
  [
    'pragma',
    'a libSQL server can set only foreign_keys, defer_foreign_keys, user_version and few other pragmas',
  ],
  ['attach', `${SHARED}, so it cannot attach a database for one of them`],
  ['detach', `${SHARED}, so it cannot attach a database for one of them`],
  ['create', `${SHARED}, so it has no temporary tables`],
  ['vacuum', `${SHARED}, and does this itself`],
  ['analyze', `${SHARED}, and does this itself`],
])
