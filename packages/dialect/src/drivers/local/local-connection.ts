import type { Connection, StatementKind, StatementResult } from '../../connection/connection.ts'
import { withDeeperStack } from '../../connection/deeper-stack.ts'
import { beginsTransaction, isWorthKeeping } from '../../connection/first-keyword.ts'
import { quoted } from '../../connection/identifier.ts'
import { inChunks, type RowReader } from '../../connection/row-reader.ts'
import { SqlTextCache } from '../../connection/sql-text-cache.ts'
import { StreamEndedError } from '../../errors.ts'
import type { SqliteErrorFactory } from '../driver.ts'
import type { SqliteHandle, SqliteStatement } from './handle.ts'

interface PreparedStatement extends StatementKind {
  readonly statement: SqliteStatement
  /** It can open a transaction. */
  readonly begins: boolean
}

/** A connection in the calling thread. */
export class LocalConnection implements Connection {
  readonly label: string
  settingsApplied = 0
  readonly #handle: SqliteHandle
  readonly #error: SqliteErrorFactory
  readonly #statements: SqlTextCache<PreparedStatement>
  #mayBeInTransaction = false
  /** The open transaction, if there is one, has run something that writes. */
  #hasWritten = false
  /** What was prepared last to be looked at only. It is no hit of the cache when it is then run. */
  #inspected: (PreparedStatement & { readonly sql: string }) | undefined
  /** The streams that are open, with the statements that they read from, which allow no second use meanwhile. */
  readonly #reading: Map<IterableIterator<unknown>, PreparedStatement> = new Map()

  /** @param statementCacheSize How many prepared statements are kept; 0 prepares every query anew. */
  constructor(handle: SqliteHandle, label: string, statementCacheSize: number, error: SqliteErrorFactory) {
    this.label = label
    this.#handle = handle
    this.#error = error
    this.#statements = new SqlTextCache(statementCacheSize, CACHED_BYTES)
  }

  /** Asks SQLite, which costs as much as a cached look-up of the statement, only after something that can begin one. */
  get inTransaction(): boolean {
    return this.#mayBeInTransaction && (this.#mayBeInTransaction = this.#handle.inTransaction)
  }

  inspect(sql: string): StatementKind {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    this.#inspected = { sql, ...this.#prepare(sql) }
    return this.#inspected
  }

  execute(sql: string, parameters: readonly unknown[]): StatementResult {
    const { statement, reader, begins } = this.#prepared(sql, parameters.length)
    if (begins) this.#noteBegin()
    if (reader) return { rows: statement.all(parameters) }
    const { changes, lastInsertRowid } = statement.run(parameters)
    return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] }
  }

  stream(sql: string, parameters: readonly unknown[], chunkSize: number): AsyncIterableIterator<unknown[]> {
    return inChunks(() => this.openReader(sql, parameters), chunkSize)
  }

  /** @param throwIfCancelled Called before each row. */
  openReader(sql: string, parameters: readonly unknown[], throwIfCancelled?: () => void): LocalReader {
    const prepared = this.#prepared(sql, parameters.length)
    const rows = prepared.statement.iterate(parameters)
    this.#reading.set(rows, prepared)
    return new LocalReader(rows, this.#reading, throwIfCancelled)
  }

  rollback(): void {
    this.stopReading()
    if (this.inTransaction) this.execute('rollback', [])
  }

  commit(): void {
    if (this.inTransaction) this.execute('commit', [])
  }

  /** SQLite's error for a statement that was told to end, https://www.sqlite.org/rescode.html#interrupt */
  interrupted(): Error {
    return this.#error('interrupted', 'SQLITE_INTERRUPT')
  }

  /** A statement in this thread has ended before anybody can ask for it to be cancelled. */
  cancel(): void {}

  kill(): void {}

  stopReading(): void {
    if (this.#reading.size === 0) return
    for (const rows of this.#reading.keys()) rows.return?.()
    this.#reading.clear()
  }

  ping(): void {
    this.execute('select 1', [])
  }

  close(): void {
    this.stopReading()
    this.#statements.clear()
    this.#handle.close()
  }

  #noteBegin(): void {
    if (!this.inTransaction) this.#hasWritten = false
    this.#mayBeInTransaction = true
  }

  /** The statement to run now. */
  #prepared(sql: string, parameterCount: number): PreparedStatement {
    const prepared = this.#kept(sql, parameterCount)
    if (!prepared.readonly) this.#hasWritten = true
    return prepared
  }

  #kept(sql: string, parameterCount: number): PreparedStatement {
    const cached = this.#statements.get(sql)
    if (cached !== undefined && !this.#isRead(cached)) return cached
    const prepared = this.#inspected?.sql === sql ? this.#inspected : this.#prepare(sql)
    this.#inspected = undefined
    if (cached === undefined && isWorthKeeping(sql)) {
      this.#statements.set(sql, prepared, bytesOfStatement(sql, parameterCount))
    }
    return prepared
  }

  #isRead(prepared: PreparedStatement): boolean {
    if (this.#reading.size === 0) return false
    return [...this.#reading.values()].includes(prepared)
  }

  /**
   * Prepares, and where SQLite finds fault with the statement, reads the schema anew and prepares once more: a
   * connection that sat idle while another changed the schema judges by the old one until it next runs a statement.
   */
  #prepare(sql: string): PreparedStatement {
    let statement: SqliteStatement
    try {
      statement = this.#newStatement(sql)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'SQLITE_ERROR') throw error
      this.#reloadSchema()
      statement = withDeeperStack(() => this.#newStatement(sql))
    }
    const { readonly, reader } = statement
    return { statement, readonly, reader, begins: !reader && beginsTransaction(sql) }
  }

  #newStatement(sql: string): SqliteStatement {
    return this.#handle.prepare(sql)
  }

  #reloadSchema(): void {
    const isToStayUnlocked = this.inTransaction && !this.#hasWritten && this.#reading.size === 0
    if (isToStayUnlocked) this.#forgetSchema()
    else this.#compareSchema()
  }

  /** Running any statement compares the schema cookie of the databases that it reads, https://www.sqlite.org/fileformat2.html#schema_cookie */
  #compareSchema(): void {
    const databases = this.#newStatement('select name from pragma_database_list').all([]) as {
      name: string
    }[]
    for (const { name } of databases) {
      this.#newStatement(`select 1 from ${quoted(name)}.sqlite_schema limit 1`).all([])
    }
  }

  /**
   * A transaction would keep the read lock of a comparison to its end. With `RESET` “the schema is reloaded”,
   * https://www.sqlite.org/pragma.html#pragma_writable_schema: by the next statement that is prepared, under a lock that is
   * released at once. Not after a write: SQLite would no longer know that a rollback takes back changes of the schema.
   */
  #forgetSchema(): void {
    const [row] = this.#handle.pragma('writable_schema') as readonly { writable_schema: number | bigint }[]
    this.#handle.pragma('writable_schema = reset')
    if (Number(row?.writable_schema) === 1) this.#handle.pragma('writable_schema = on')
  }
}

/** Of the prepared statements that one connection keeps, by the estimate of `bytesOfStatement`. */
const CACHED_BYTES = 8_000_000

/**
 * What a prepared statement takes, in bytes, within a factor of five. As measured, it is some 7,000 for a short one, up
 * to 10 for each character of a long one, and 60 to 130 for each parameter. SQLite's own count is not to be had.
 */
function bytesOfStatement(sql: string, parameterCount: number): number {
  return 7_000 + 8 * sql.length + 80 * parameterCount
}

/** Reads from a statement in this thread. */
export class LocalReader implements RowReader {
  readonly #rows: IterableIterator<unknown>
  readonly #open: Map<IterableIterator<unknown>, unknown>
  readonly #throwIfCancelled: (() => void) | undefined
  #isAtEnd = false
  #failure: { readonly error: unknown } | undefined

  /** @param open The readers of the connection that are open: what it no longer has, it has ended. */
  constructor(
    rows: IterableIterator<unknown>,
    open: Map<IterableIterator<unknown>, unknown>,
    throwIfCancelled?: () => void,
  ) {
    this.#rows = rows
    this.#open = open
    this.#throwIfCancelled = throwIfCancelled
  }

  /** All rows were read. */
  get isAtEnd(): boolean {
    return this.#isAtEnd
  }

  /** After an error, every further call throws the same. */
  read(count: number): unknown[] {
    if (this.#failure !== undefined) throw this.#failure.error
    if (!this.#isAtEnd && !this.#open.has(this.#rows)) throw new StreamEndedError()
    try {
      return this.#take(count)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  close(): void {
    this.#rows.return?.()
    this.#open.delete(this.#rows)
  }

  #take(count: number): unknown[] {
    const chunk: unknown[] = []
    while (chunk.length < count) {
      this.#throwIfCancelled?.()
      const next = this.#rows.next()
      if (next.done === true) {
        this.#isAtEnd = true
        break
      }
      chunk.push(next.value)
    }
    return chunk
  }
}
