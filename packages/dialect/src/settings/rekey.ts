import type { Connection } from '../connection/connection.ts'
import { RekeyError } from '../errors/settings-errors.ts'
import type { PragmaStatement } from './pragma-statement.ts'
import { type Ask, valueOf } from './sql-value.ts'

/** Gives all connections the new key, before anybody can ask for more. Undefined: the file is no longer encrypted. */
export type Rekeyed = (key: Uint8Array | undefined) => void

/** Whether the pragma encrypts the file anew, or no longer, as it does where nothing is given, https://utelle.github.io/SQLite3MultipleCiphers/docs/configuration/config_sql_pragmas/#pragma-rekey */
export function isRekey({ name }: PragmaStatement): boolean {
  return name === 'rekey' || name === 'hexrekey'
}

/**
 * The key that such a pragma gives, asked before it runs. Undefined: none.
 *
 * @throws RekeyError where it cannot be told. Inside a transaction it cannot: were that rolled back, the file would have the old one.
 */
export async function newKey(
  connection: Connection,
  { name, assigns, givens }: PragmaStatement,
): Promise<Uint8Array | undefined> {
  if (connection.inTransaction) throw new RekeyError('inside a transaction')
  if (!assigns) return undefined
  const text = await firstValue(connection, givens)
  if (text === undefined) throw new RekeyError('with an expression that is not a string')
  if (text === '') return undefined
  return name === 'rekey' ? new TextEncoder().encode(text) : Uint8Array.from(Buffer.from(text, 'hex'))
}

async function firstValue(connection: Connection, givens: readonly string[]): Promise<string | undefined> {
  const ask: Ask = async (question) => {
    try {
      return (await connection.execute(question, [])).rows
    } catch {
      return undefined
    }
  }
  for (const given of givens) {
    // oxlint-disable-next-line no-await-in-loop -- one guess after the other, until SQLite accepts one
    const text = await valueOf(given, [], ask)
    if (text !== undefined) return text
  }
  return undefined
}
