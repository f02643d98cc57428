import { sessionKeyword } from './first-keyword.ts'

/** An SQL text as a warning shows it: without secrets, and not too long. */
export function shownSql(sql: string): string {
  const shown = withoutSecrets(sql)
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)} … (${sql.length} characters)` : shown
}

/**
 * An SQL text as others may see it. That of a `PRAGMA` or an `ATTACH` can hold the key of a file, or a URL with secrets: nothing
 * is left of it from its first value on.
 */
export function withoutSecrets(sql: string): string {
  return sessionKeyword(sql) === undefined ? sql : withoutValues(sql)
}

function withoutValues(sql: string): string {
  const starts = [...VALUE_STARTS].map((character) => sql.indexOf(character)).filter((at) => at !== -1)
  return starts.length === 0 ? sql : `${sql.slice(0, Math.min(...starts)).trimEnd()} …`
}

/** A value begins with one of them, or is behind it. */
const VALUE_STARTS = '=\'"([`'

/** In characters. */
const LONGEST = 2000
