import { sessionKeyword } from './first-keyword.ts'

/**
 * An SQL text as it may be shown to people. That of a `PRAGMA` or an `ATTACH` can hold the key of a file, or a URL with secrets:
 * nothing is shown of it from its first value on.
 */
export function shownSql(sql: string): string {
  const shown = sessionKeyword(sql) === undefined ? sql : withoutValues(sql)
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)} … (${sql.length} characters)` : shown
}

function withoutValues(sql: string): string {
  const starts = [...VALUE_STARTS].map((character) => sql.indexOf(character)).filter((at) => at !== -1)
  return starts.length === 0 ? sql : `${sql.slice(0, Math.min(...starts)).trimEnd()} …`
}

/** A value begins with one of them, or is behind it. */
const VALUE_STARTS = '=\'"([`'

/** In characters. */
const LONGEST = 2000
