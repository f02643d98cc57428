import type { MaybePromise } from '@poolclass/pools'
import type { Connection, StatementKind, StatementResult } from '../../connection/connection.ts'
import { beginsTransaction, firstKeyword, sessionKeyword } from '../../connection/first-keyword.ts'
import { inChunks } from '../../connection/row-reader.ts'
import { TransactionLostError } from '../../errors/session-errors.ts'
import { HandleElsewhereError } from '../../errors/threads-errors.ts'
import { pragmaStatement } from '../../settings/pragma-statement.ts'
import { answeredError, isEndOfTransaction, sqliteError } from './answered-error.ts'
import type { CursorReader } from './cursor-reader.ts'
import type { Endpoint } from './endpoint.ts'
import type { LogPosition } from './log-position.ts'
import { LocalPragmas } from './local-pragmas.ts'
import type {
  BatchStep,
  Condition,
  Statement,
  StatementAnswer,
  StreamRequest,
  StreamResult,
} from './protocol.ts'
import type { Replicas } from './replicas.ts'
import { ServerError } from '../../errors/server-errors.ts'
import { type Sending, ServerStream, StreamLost } from './server-stream.ts'
import type { StatementKinds } from './statement-kinds.ts'
import { type Decoder, encoded } from './values.ts'

/** What the connections to one server have in common. */
export interface SharedServer {
  readonly primary: Endpoint
  readonly replicas: Replicas
  readonly position: LogPosition
  readonly kinds: StatementKinds
  readonly decoder: Decoder
  /** Connections only read. */
  readonly readonly: boolean
}

/** The transaction that is open for the user. */
interface OpenTransaction {
  /** The statement that begins it, until it has: it travels with the first one that follows. */
  begin: string | undefined
}

/**
 * A connection to a libSQL server: a stream of the primary, and one of each replica that it has read from. Streams begin with the
 * first statement that needs them.
 */
export class ServerConnection implements Connection {
  readonly label: string
  readonly refusesUnknownPragmas = true
  settingsApplied = 0
  readonly #server: SharedServer
  readonly #stream: ServerStream
  readonly #replicaStreams: Map<Endpoint, ServerStream> = new Map()
  readonly #pragmas: LocalPragmas
  readonly #readers: Set<CursorReader> = new Set()
  readonly #running: Set<AbortController> = new Set()
  readonly #cancellable: Set<AbortController> = new Set()
  #transaction: OpenTransaction | undefined
  /** It has written since it was lent, so `changes()` and the like are asked of the primary's stream. */
  #hasWritten = false
  #isClosed = false

  constructor(server: SharedServer, label: string) {
    this.label = label
    this.#server = server
    this.#stream = new ServerStream(server.primary, server.position)
    this.#pragmas = new LocalPragmas(server.readonly)
  }

  get inTransaction(): boolean {
    return this.#transaction !== undefined
  }

  get isReading(): boolean {
    return this.#readers.size > 0
  }

  get closed(): boolean {
    return this.#isClosed
  }

  inspect(sql: string): MaybePromise<StatementKind> {
    return this.#server.kinds.inspect(sql, () => this.#describe(sql))
  }

  async execute(sql: string, parameters: readonly unknown[], cancellable = false): Promise<StatementResult> {
    const answer = this.#answerHere(sql)
    if (answer !== undefined) return answer
    await this.#refuseToWrite(sql)
    const stmt: Statement = { sql, args: encoded(parameters) }
    return await this.#whileRunning(cancellable, async (signal) => {
      if (this.#transaction !== undefined) return await this.#executeIn(this.#transaction, stmt, signal)
      if (this.#isPlainRead(sql))
        return await this.#read((stream) => this.#executeAlone(stream, stmt, true, signal))
      this.#hasWritten = true
      return await this.#executeAlone(this.#stream, stmt, false, signal)
    })
  }

  stream(
    sql: string,
    parameters: readonly unknown[],
    chunkSize: number,
    signal?: AbortSignal,
  ): AsyncIterableIterator<unknown[]> {
    return inChunks(() => this.#openReader({ sql, args: encoded(parameters) }, signal), chunkSize)
  }

  lendHandle(): never {
    throw new HandleElsewhereError(this.label, 'server')
  }

  copyTo(): never {
    throw new Error('bug: a server was asked for a copy of its database')
  }

  cancel(): void {
    for (const running of this.#cancellable) running.abort(interrupted())
  }

  kill(): void {
    this.#isClosed = true
    this.#transaction = undefined
    for (const running of this.#running) running.abort(interrupted())
    for (const reader of this.#readers) reader.close()
  }

  /** Called at each check-in, too. */
  stopReading(): void {
    for (const reader of this.#readers) reader.close()
    if (this.#transaction === undefined) this.#hasWritten = false
  }

  async rollback(): Promise<void> {
    await this.#endTransaction('rollback')
  }

  async commit(): Promise<void> {
    await this.#endTransaction('commit')
  }

  async ping(): Promise<void> {
    await this.execute('select 1', [])
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.stopReading()
    await Promise.all([this.#stream, ...this.#replicaStreams.values()].map((stream) => stream.close()))
  }

  async #endTransaction(how: 'commit' | 'rollback'): Promise<void> {
    this.stopReading()
    // What nobody has awaited may have begun one.
    if (this.#running.size > 0) await this.#stream.run([], {})
    if (this.#transaction !== undefined) await this.execute(how, [])
  }

  /** What the server is not asked. Undefined for what it is. */
  #answerHere(sql: string): StatementResult | undefined {
    const transaction = this.#transaction
    if (transaction === undefined && firstKeyword(sql) === 'begin') {
      this.#transaction = { begin: sql }
      return NOTHING
    }
    if (transaction?.begin !== undefined && PLAIN_ENDS.has(sql)) {
      this.#transaction = undefined
      return NOTHING
    }
    return this.#pragmas.answer(sql)
  }

  async #refuseToWrite(sql: string): Promise<void> {
    if (!this.#pragmas.queryOnly || (await this.inspect(sql)).readonly) return
    throw sqliteError('attempt to write a readonly database', 'SQLITE_READONLY')
  }

  /** A replica can answer it, or any stream of the primary. */
  #isPlainRead(sql: string): boolean {
    return !this.#hasWritten && this.#server.kinds.known(sql)?.readonly === true && !beginsTransaction(sql)
  }

  async #executeAlone(
    stream: ServerStream,
    stmt: Statement,
    isRead: boolean,
    signal: AbortSignal,
  ): Promise<StatementResult> {
    const mayBegin = beginsTransaction(stmt.sql)
    const fresh = isRead ? { ...stmt, replication_index: this.#server.position.required } : stmt
    const requests: StreamRequest[] = [{ type: 'execute', stmt: fresh }]
    if (mayBegin) requests.push({ type: 'get_autocommit' })
    const [answer, autocommit] = await stream.run(requests, { isRead, signal })
    if (mayBegin && !isAutocommit(autocommit)) this.#transaction = { begin: undefined }
    const result = this.#resultOf(executed(answer!, stmt.sql))
    this.#keepSetting(stmt.sql)
    return result
  }

  /**
   * Each statement is carried out under the condition that a transaction is open. The server ends one that keeps others waiting, and
   * what follows would be saved on its own.
   */
  async #executeIn(
    transaction: OpenTransaction,
    stmt: Statement,
    signal: AbortSignal,
  ): Promise<StatementResult> {
    const { begin } = transaction
    const steps: BatchStep[] =
      begin === undefined ? [{ stmt, condition: IN_TRANSACTION }] : beginning(begin, stmt)
    const requests: StreamRequest[] = [{ type: 'batch', batch: { steps } }, { type: 'get_autocommit' }]
    let results: readonly StreamResult[]
    try {
      results = await this.#stream.run(requests, this.#within(transaction, stmt.sql, signal))
    } catch (error) {
      throw this.#endedBy(error, transaction)
    }
    const [answer, autocommit] = results as [StreamResult, StreamResult]
    const hasEnded = isAutocommit(autocommit)
    if (answer.type === 'error') {
      if (begin === undefined && hasEnded) this.#transaction = undefined
      else if (!hasEnded) transaction.begin = undefined
      throw answeredError(answer.error, stmt.sql)
    }
    if (answer.response.type !== 'batch') throw unexpected(answer)
    const { step_results: done, step_errors: errors } = answer.response.result
    if (begin !== undefined && errors[0]) throw answeredError(errors[0], begin)
    transaction.begin = undefined
    this.#hasWritten = true
    if (hasEnded) this.#transaction = undefined
    const error = errors.at(-1)
    if (error && !isEndOfTransaction(error)) throw answeredError(error, stmt.sql)
    const result = done.at(-1)
    if (!result) return this.#lost(stmt.sql)
    return this.#resultOf(result)
  }

  /** How a statement of a transaction is sent: its answer is only in doubt where it commits. */
  #within({ begin }: OpenTransaction, sql: string, signal: AbortSignal): Sending {
    const keyword = firstKeyword(sql)
    return { inTransaction: begin === undefined, isUndone: keyword !== 'commit' && keyword !== 'end', signal }
  }

  /** Notes what an error has left of the transaction. */
  #endedBy(error: unknown, transaction: OpenTransaction): unknown {
    const isNotSent = error instanceof ServerError && error.outcome === 'not done'
    if (!(isNotSent && transaction.begin !== undefined)) this.#transaction = undefined
    return error instanceof StreamLost ? new TransactionLostError({ endedBy: 'server' }) : error
  }

  /** That a transaction has ended already is all that a rollback wants. */
  #lost(sql: string): StatementResult {
    this.#transaction = undefined
    if (PLAIN_ENDS.get(sql) === 'rollback') return NOTHING
    throw new TransactionLostError({ endedBy: 'server' })
  }

  /** Reads from a replica, or from the primary where none answers. */
  async #read<T>(read: (stream: ServerStream) => Promise<T>): Promise<T> {
    const { replicas } = this.#server
    for (;;) {
      const replica = replicas.next()
      if (replica === undefined) return await read(this.#stream)
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, until one answers
        const result = await read(this.#streamOf(replica))
        replicas.noteAnswer(replica)
        return result
      } catch (error) {
        if (!(error instanceof ServerError)) throw error
        replicas.leaveOut(replica)
      }
    }
  }

  #streamOf(replica: Endpoint): ServerStream {
    const known = this.#replicaStreams.get(replica)
    if (known !== undefined) return known
    const stream = new ServerStream(replica, this.#server.position)
    this.#replicaStreams.set(replica, stream)
    return stream
  }

  async #openReader(stmt: Statement, signal: AbortSignal | undefined): Promise<CursorReader> {
    await this.#refuseToWrite(stmt.sql)
    signal?.throwIfAborted()
    const transaction = this.#transaction
    const reader = await this.#whileRunning(true, async () => {
      if (transaction !== undefined) return await this.#openIn(transaction, stmt)
      if (this.#isPlainRead(stmt.sql)) return await this.#read((stream) => this.#openOn(stream, stmt, {}))
      this.#hasWritten = true
      return await this.#openOn(this.#stream, stmt, {})
    })
    const close = reader.onClose
    const abort = (): void => reader.close()
    this.#readers.add(reader)
    signal?.addEventListener('abort', abort)
    reader.onClose = () => {
      this.#readers.delete(reader)
      signal?.removeEventListener('abort', abort)
      close()
    }
    return reader
  }

  /** A statement that cannot be parsed would end the stream, and the transaction with it: it is parsed before. */
  async #openIn(transaction: OpenTransaction, stmt: Statement): Promise<CursorReader> {
    await this.#executeIn(transaction, { sql: 'select 1', args: [] }, new AbortController().signal)
    await this.#describe(stmt.sql)
    try {
      return await this.#openOn(this.#stream, stmt, { inTransaction: true, isUndone: true })
    } catch (error) {
      throw error instanceof ServerError || error instanceof StreamLost
        ? this.#endedBy(error, transaction)
        : error
    }
  }

  async #openOn(stream: ServerStream, stmt: Statement, sending: Sending): Promise<CursorReader> {
    const { inTransaction = false } = sending
    const condition = inTransaction ? IN_TRANSACTION : undefined
    const replication_index = inTransaction ? undefined : this.#server.position.required
    const batch = { steps: [{ stmt, condition }], replication_index }
    return await stream.open(batch, stmt.sql, this.#server.decoder, sending)
  }

  async #describe(sql: string): Promise<StatementKind> {
    const inTransaction = this.#transaction !== undefined && this.#transaction.begin === undefined
    const [answer] = await this.#stream.run([{ type: 'describe', sql }], { isRead: true, inTransaction })
    if (answer!.type === 'error') throw answeredError(answer!.error, sql)
    if (answer!.response.type !== 'describe') throw unexpected(answer!)
    const { is_readonly: readonly, cols } = answer!.response.result
    return { readonly, reader: cols.length > 0 }
  }

  async #whileRunning<T>(cancellable: boolean, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    this.#running.add(controller)
    if (cancellable) this.#cancellable.add(controller)
    try {
      return await run(controller.signal)
    } finally {
      this.#running.delete(controller)
      this.#cancellable.delete(controller)
    }
  }

  #resultOf({ cols, rows, affected_row_count, last_insert_rowid }: StatementAnswer): StatementResult {
    if (cols.length > 0) {
      const names = cols.map(({ name }) => name ?? '')
      return { rows: rows.map((values) => this.#server.decoder.row(names, values)) }
    }
    return {
      ...(last_insert_rowid !== null && { insertId: BigInt(last_insert_rowid) }),
      numAffectedRows: BigInt(affected_row_count),
      rows: [],
    }
  }

  /** A stream that begins anew sets it again. */
  #keepSetting(sql: string): void {
    if (sessionKeyword(sql) !== 'pragma') return
    const pragma = pragmaStatement(sql)
    if (pragma?.assigns === true && pragma.name === 'foreign_keys') this.#stream.keepSetting(pragma.name, sql)
  }
}

function beginning(begin: string, stmt: Statement): BatchStep[] {
  const condition: Condition = { type: 'and', conds: [{ type: 'ok', step: 0 }, IN_TRANSACTION] }
  return [{ stmt: { sql: begin, args: [] } }, { stmt, condition }]
}

function executed(answer: StreamResult, sql: string): StatementAnswer {
  if (answer.type === 'error') throw answeredError(answer.error, sql)
  if (answer.response.type !== 'execute') throw unexpected(answer)
  return answer.response.result
}

function isAutocommit(result: StreamResult | undefined): boolean {
  return result?.type === 'ok' && result.response.type === 'get_autocommit' && result.response.is_autocommit
}

function interrupted(): Error {
  return sqliteError('interrupted', 'SQLITE_INTERRUPT')
}

function unexpected(answer: StreamResult): Error {
  return new Error(`The libSQL server has answered something else than was asked: ${JSON.stringify(answer)}`)
}

const IN_TRANSACTION: Condition = { type: 'not', cond: { type: 'is_autocommit' } }
const NOTHING: StatementResult = { rows: [], numAffectedRows: 0n }

/** The statements of this dialect that end a transaction. */
const PLAIN_ENDS: ReadonlyMap<string, 'commit' | 'rollback'> = new Map([
  ['commit', 'commit'],
  ['rollback', 'rollback'],
])
