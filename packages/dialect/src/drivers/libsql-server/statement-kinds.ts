import type { MaybePromise } from '@poolclass/pools'
import type { StatementKind } from '../../connection/connection.ts'
import { firstKeyword } from '../../connection/first-keyword.ts'
import { SqlTextCache } from '../../connection/sql-text-cache.ts'

/**
 * Knows the kinds of statements. For most statements, the first keyword tells whether they write. The server is asked only about
 * the others, because the question takes as long as the statement.
 */
export class StatementKinds {
  readonly #described: SqlTextCache<StatementKind> = new SqlTextCache(REMEMBERED_TEXTS)

  /** Undefined if the server has to be asked. */
  known(sql: string): StatementKind | undefined {
    return KINDS.get(firstKeyword(sql)) ?? this.#described.get(sql)
  }

  /** @param describe Asks the server. */
  inspect(sql: string, describe: () => Promise<StatementKind>): MaybePromise<StatementKind> {
    return this.known(sql) ?? this.#describe(sql, describe)
  }

  async #describe(sql: string, describe: () => Promise<StatementKind>): Promise<StatementKind> {
    const kind = await describe()
    this.#described.set(sql, kind)
    return kind
  }
}

const READS: StatementKind = { readonly: true, reader: true }
const WRITES: StatementKind = { readonly: false, reader: true }
/** They change nothing themselves, https://www.sqlite.org/c3ref/stmt_readonly.html */
const CONTROLS: StatementKind = { readonly: true, reader: false }

const KINDS: ReadonlyMap<string, StatementKind> = new Map([
  ['select', READS],
  ['values', READS],
  ...['insert', 'replace', 'update', 'delete', 'create', 'drop', 'alter', 'reindex'].map(
    (keyword) => [keyword, WRITES] as const,
  ),
  ...['commit', 'end', 'rollback', 'savepoint', 'release'].map((keyword) => [keyword, CONTROLS] as const),
])
const REMEMBERED_TEXTS = 2000
