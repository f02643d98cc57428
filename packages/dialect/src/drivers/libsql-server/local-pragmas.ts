import type { StatementResult } from '../../connection/connection.ts'
import { sessionKeyword } from '../../connection/first-keyword.ts'
import { pragmaStatement } from '../../settings/pragma-statement.ts'

/**
 * The pragmas that a server does not let its clients set, and that this side can apply itself. With `query_only`, this side
 * refuses to write. With `busy_timeout`, this side waits.
 */
export class LocalPragmas {
  readonly #values: Map<string, number>

  /** @param queryOnly Whether the connection only reads. */
  constructor(queryOnly: boolean) {
    this.#values = new Map([
      ['query_only', Number(queryOnly)],
      ['busy_timeout', 0],
    ])
  }

  get queryOnly(): boolean {
    return this.#values.get('query_only') === 1
  }

  /** Returns undefined if the server has to answer. */
  answer(sql: string): StatementResult | undefined {
    if (sessionKeyword(sql) !== 'pragma') return undefined
    const pragma = pragmaStatement(sql)
    const current = pragma === undefined ? undefined : this.#values.get(pragma.name)
    if (pragma === undefined || current === undefined || pragma.explained) return undefined
    const { name, assigns, givens } = pragma
    if (assigns) this.#values.set(name, valueOf(name, givens[0] ?? ''))
    if (assigns && name === 'query_only') return { rows: [], numAffectedRows: 0n }
    return { rows: [{ [name === 'busy_timeout' ? 'timeout' : name]: this.#values.get(name) }] }
  }
}

function valueOf(name: string, given: string): number {
  const word = given.replaceAll(/[\s;'"]/g, '').toLowerCase()
  const number = Number.parseInt(word, 10) || 0
  if (name === 'busy_timeout') return Math.max(0, number)
  return number !== 0 || ['on', 'yes', 'true'].includes(word) ? 1 : 0
}
