// oxlint-disable no-await-in-loop -- one guess after the other, until SQLite accepts one
import type { Connection } from '../connection/connection.ts'
import { GAP } from '../connection/first-keyword.ts'
import { type FileUri, parseFileUri } from '../url/file-uri.ts'
import { isBusy } from '../waiting/busy.ts'
import { type Ask, valueOf } from './sql-value.ts'
import type { Surroundings } from './statement-surroundings.ts'

/** What an `ATTACH` attaches. */
export interface AttachedName {
  /** The name, as SQLite has evaluated it. */
  readonly text: string
  /** The same taken apart, where it is a URI. */
  readonly uri: FileUri | undefined
  /** The rest of the statement, from `AS` on, and its parameters. */
  readonly clause: string
  readonly parameters: readonly unknown[]
}

/**
 * Asks SQLite for the file name that an `ATTACH` gives, which can be any expression.
 *
 * The `AS` behind it is the one whose rest SQLite accepts as that of an `ATTACH`, with what is before it being a value.
 * Nothing is attached: the statement is only explained.
 *
 * @returns undefined for what is no `ATTACH` that SQLite would carry out
 * @throws SqliteUrlError for a URI that can only be a mistake
 */
export async function attachedName(
  connection: Connection,
  sql: string,
  parameters: readonly unknown[],
  { whileBusy, readsUris }: Pick<Surroundings, 'whileBusy' | 'readsUris'>,
): Promise<AttachedName | undefined> {
  const start = ATTACH.exec(sql)?.[0].length
  if (start === undefined) return undefined
  const ask: Ask = (question, values) => whileBusy(() => rowsOf(connection, question, values))
  for (const { index } of sql.slice(start).matchAll(AS)) {
    const expression = sql.slice(start, start + index)
    const clause = sql.slice(start + index)
    for (let used = 0; used <= parameters.length; used += 1) {
      const others = parameters.slice(used)
      if ((await ask(`explain attach ? ${clause}`, [null, ...others])) === undefined) continue
      const text = await valueOf(expression, parameters.slice(0, used), ask)
      if (text !== undefined)
        return { text, uri: readsUris ? uriOf(text) : undefined, clause, parameters: others }
    }
  }
  return undefined
}

/** Undefined where SQLite does not accept the question. */
async function rowsOf(
  connection: Connection,
  question: string,
  values: readonly unknown[],
): Promise<unknown[] | undefined> {
  try {
    return (await connection.execute(question, values)).rows
  } catch (error) {
    if (isBusy(error)) throw error
    return undefined
  }
}

function uriOf(text: string): FileUri | undefined {
  return text.startsWith('file:') ? parseFileUri(text, text) : undefined
}

const ATTACH = new RegExp(`^${GAP}attach\\b${GAP}(?:database\\b${GAP})?`, 'i')
const AS = /\bas\b/gi
