import type { MaybePromise } from '@poolclass/pools'
import type { CompiledQuery } from 'kysely'
import type { Connection } from '../connection/connection.ts'
import { inChunks, type RowReader } from '../connection/row-reader.ts'
import type { SqlTextCache } from '../connection/sql-text-cache.ts'

/** A stream that has read its first chunk. */
export interface OpenStream {
  readonly first: IteratorResult<unknown[], unknown>
  readonly chunks: AsyncIterableIterator<unknown[]>
}

/**
 * Runs a query up to its first chunk. After that, SQLite refuses nothing because of a lock.
 *
 * A statement that writes and is a transaction of its own commits after its last row, and SQLite can refuse that commit. So
 * such a statement runs as a whole. SQLite makes all its changes, and keeps all its rows in memory, before the first row,
 * https://www.sqlite.org/lang_returning.html#processing_order
 *
 * @param writes Which SQL texts are known to write, or not to write.
 * @param signal Ends the wait for a chunk.
 */
export async function openStream(
  connection: Connection,
  { sql, parameters }: CompiledQuery,
  chunkSize: number,
  writes: SqlTextCache<boolean>,
  signal: AbortSignal | undefined,
): Promise<OpenStream> {
  const isWhole =
    writes.get(sql) !== false && !connection.inTransaction && (await writesAndReturns(connection, sql))
  const chunks = isWhole
    ? inChunks(async () => new ReadRows((await connection.execute(sql, parameters)).rows), chunkSize)
    : connection.stream(sql, parameters, chunkSize, signal)
  return { first: await chunks.next(), chunks }
}

async function writesAndReturns(connection: Connection, sql: string): Promise<boolean> {
  const { readonly, reader } = await connection.inspect(sql)
  return reader && !readonly
}

/** Rows that have been read already. */
class ReadRows implements RowReader {
  readonly #rows: readonly unknown[]
  #count = 0

  constructor(rows: readonly unknown[]) {
    this.#rows = rows
  }

  read(count: number): unknown[] {
    this.#count += count
    return this.#rows.slice(this.#count - count, this.#count)
  }

  close(): MaybePromise<void> {}
}
