import type { MaybePromise } from '@poolclass/pools'
import type { StatementKind } from '../../connection/connection.ts'
import { firstKeyword } from '../../connection/first-keyword.ts'
import { SqlTextCache } from '../../connection/sql-text-cache.ts'

/**
 * What statements are. Of most the first keyword says whether they write, so that the server has to be asked about the others
 * only: a question takes as long as the statement.
 */
export class StatementKinds {
  readonly #described: SqlTextCache<StatementKind> = new SqlTextCache(REMEMBERED_TEXTS)

  /** Undefined where the server has to be asked. */
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
/** As https://www.sqlite.org/c3ref/stmt_readonly.html has it: they change nothing themselves. */
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
