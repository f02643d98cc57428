import type { Connection, Copying, StatementKind, StatementResult } from '../../connection/connection.ts'
import { inChunks } from '../../connection/row-reader.ts'
import { markUnprepared } from '../../connection/unprepared.ts'
import { codeOf } from '../../errors/error-kind.ts'
import { Autocheckpoint } from './autocheckpoint.ts'
import { copyDatabase } from './copy-database.ts'
import type { SqliteHandle, SqliteStatement } from './handle.ts'
import { LentHandle } from './lent-handle.ts'
import { LocalReader, readAll } from './local-reader.ts'
import type { SqliteLibrary } from './sqlite-library.ts'
import type { Opening } from './opening.ts'
import { optimize } from './optimize.ts'
import { LimitedPageCache } from './page-cache-budget.ts'
import { type PreparedStatement, preparedStatement, runStatement } from './prepared-statement.ts'
import { prepareAnew } from './stale-schema.ts'
import { StatementLimit } from './statement-limit.ts'
import { keepStatement, newStatementCache, type StatementCache } from './statement-cache.ts'
import { TransactionState } from './transaction-state.ts'

type Behaviour = Partial<Pick<Opening, 'statementTimeout' | 'optimizes' | 'autocheckpoint' | 'pageCache'>> & {
  /** Code of the user's has the handle, or of an extension. Default is false. */
  readonly isShared?: boolean
}

/** A connection in the calling thread. */
export class LocalConnection implements Connection {
  readonly label: string
  settingsApplied = 0
  closed = false
  readonly #handle: SqliteHandle
  readonly #library: SqliteLibrary
  readonly #statements: StatementCache
  readonly #autocheckpoint: Autocheckpoint
  readonly #limit: StatementLimit | undefined
  readonly #optimizes: boolean
  readonly #pageCache: LimitedPageCache | undefined
  readonly #transaction: TransactionState
  /** The handle is the library's own, not one that a user's function has made. */
  readonly #isOwn: boolean
  /** Present while somebody has the handle, and may do to it what nobody here sees. */
  #lent: LentHandle | undefined
  /** The open transaction, if there is one, has run something that writes. */
  #hasWritten = false
  /** What was prepared last to be looked at only. It is no hit of the cache when it is then run. */
  #inspected: PreparedStatement | undefined
  /** The streams that are open, with the statements that they read from, which allow no second use meanwhile. */
  readonly #reading: Map<IterableIterator<unknown>, PreparedStatement> = new Map()

  /** @param statementCacheSize How many prepared statements are kept; 0 prepares every query anew. */
  constructor(
    handle: SqliteHandle,
    label: string,
    statementCacheSize: number,
    library: SqliteLibrary,
    { statementTimeout = 0, optimizes = false, autocheckpoint, isShared = false, pageCache }: Behaviour = {},
  ) {
    this.label = label
    this.#handle = handle
    this.#library = library
    this.#statements = newStatementCache(statementCacheSize)
    this.#optimizes = optimizes
    if (pageCache !== undefined) this.#pageCache = new LimitedPageCache(handle, pageCache)
    this.#autocheckpoint = new Autocheckpoint(handle, autocheckpoint, isShared)
    this.#transaction = new TransactionState(handle, this.#reading, isShared)
    this.#isOwn = !isShared
    this.#limit = statementTimeout === 0 ? undefined : new StatementLimit(label, statementTimeout)
  }

  get inTransaction(): boolean {
    return this.#transaction.isOpen
  }

  get isReading(): boolean {
    return this.#reading.size > 0 || this.#lent?.isReading === true
  }

  get isAtRest(): boolean {
    return this.#lent === undefined && this.#reading.size === 0 && !this.inTransaction
  }

  inspect(sql: string): StatementKind {
    return this.#statements.get(sql) ?? (this.#inspected = this.#prepare(sql))
  }

  execute(sql: string, parameters: readonly unknown[]): StatementResult {
    const oneByOne = this.#check(sql, parameters)
    const prepared = this.#prepared(sql, parameters.length)
    if (prepared.effect === 'begins' && !this.inTransaction) this.#hasWritten = false
    const before = this.#transaction.doubt()
    const result =
      this.#limit === undefined
        ? runStatement(prepared, parameters, oneByOne)
        : this.#runWithin(this.#limit, prepared, parameters)
    this.#transaction.noteSuccess(prepared.effect, before)
    return result
  }

  stream(sql: string, parameters: readonly unknown[], chunkSize: number): AsyncIterableIterator<unknown[]> {
    return inChunks(() => this.openReader(sql, parameters), chunkSize)
  }

  /** @param throwIfCancelled Called before each row. */
  openReader(sql: string, parameters: readonly unknown[], throwIfCancelled?: () => void): LocalReader {
    this.#check(sql, parameters)
    return this.#read(this.#prepared(sql, parameters.length), parameters, throwIfCancelled)
  }

  lendHandle(): unknown {
    this.#autocheckpoint.set()
    this.#pageCache?.leave()
    const own = this.#handle.own ?? this.#handle
    this.#lent ??= new LentHandle(own)
    this.#transaction.lend()
    return own
  }

  copyTo(file: string, copying: Copying): Promise<void> {
    return copyDatabase(this.#library, this.#handle, file, copying)
  }

  rollback(): void {
    this.#takeHandleBack()
    if (this.inTransaction) this.execute('rollback', [])
  }

  commit(): void {
    this.#takeHandleBack()
    if (this.inTransaction) this.execute('commit', [])
  }

  /** SQLite's error for a statement that was told to end, https://www.sqlite.org/rescode.html#interrupt */
  interrupted(): Error {
    return this.#library.error('interrupted', 'SQLITE_INTERRUPT')
  }

  /** A statement in this thread has ended before anybody can ask for it to be cancelled. */
  cancel(): void {}
  kill(): void {}

  stopReading(): void {
    this.#lent?.stopReading()
    for (const rows of this.#reading.keys()) rows.return?.()
    this.#reading.clear()
  }

  ping(): void {
    this.execute('select 1', [])
  }

  close(): void {
    this.stopReading()
    this.#statements.clear()
    if (this.#optimizes) optimize(this.#handle, this.#autocheckpoint)
    this.#handle.close()
    this.closed = true
  }

  #runWithin(
    limit: StatementLimit,
    prepared: PreparedStatement,
    parameters: readonly unknown[],
  ): StatementResult {
    const since = performance.now()
    if (prepared.reader && prepared.readonly) {
      const rows = limit.trusts(prepared)
        ? prepared.statement.all(parameters)
        : readAll(this.#read(prepared, parameters))
      limit.noteRead(prepared, since)
      return { rows }
    }
    try {
      return runStatement(prepared, parameters, false)
    } finally {
      limit.noteWrite(since, this.inTransaction)
    }
  }

  #read(
    prepared: PreparedStatement,
    parameters: readonly unknown[],
    throwIfCancelled?: () => void,
  ): LocalReader {
    // Not during a stream: better-sqlite3 refuses it then.
    this.#autocheckpoint.set()
    const rows = prepared.statement.iterate(parameters)
    this.#reading.set(rows, prepared)
    this.#transaction.doubt()
    return new LocalReader(rows, this.#reading, this.#limit?.clock(), throwIfCancelled)
  }

  /** Ends the streams, too. @throws where its user has closed it. */
  #takeHandleBack(): void {
    this.stopReading()
    if (this.#lent === undefined) return
    this.#lent.end()
    this.#lent = undefined
    this.#transaction.takeBack()
    this.ping()
  }

  /** Whether the statement takes these parameters one by one. */
  #check(sql: string, parameters: readonly unknown[]): boolean {
    this.#limit?.throwIfOverrun(sql, this.inTransaction)
    return this.#library.takesOneByOne?.(parameters) === true && this.#isOwn
  }

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
    if (cached === undefined) keepStatement(this.#statements, sql, prepared, parameterCount)
    return prepared
  }

  #isRead(prepared: PreparedStatement): boolean {
    return this.#reading.size > 0 && [...this.#reading.values()].includes(prepared)
  }

  #prepare(sql: string): PreparedStatement {
    this.#autocheckpoint.beforePreparing(sql)
    let statement: SqliteStatement
    try {
      this.#pageCache?.limit()
      statement = this.#handle.prepare(sql)
    } catch (error) {
      statement = this.#prepareAgain(sql, error)
    }
    if (!statement.readonly) this.#autocheckpoint.set()
    return preparedStatement(statement, sql)
  }

  /** Where SQLite finds fault with the statement, perhaps by a schema that is stale, it is prepared once more. */
  #prepareAgain(sql: string, refusal: unknown): SqliteStatement {
    try {
      if (codeOf(refusal) !== 'SQLITE_ERROR') throw refusal
      const isToStayUnlocked = this.inTransaction && !this.#hasWritten && this.#reading.size === 0
      this.#transaction.doubt()
      return prepareAnew(this.#handle, sql, isToStayUnlocked)
    } catch (error) {
      throw markUnprepared(error)
    }
  }
}
