import type { MaybePromise } from '@poolclass/pools'
import type { Connection, StatementKind, StatementResult } from '../../connection/connection.ts'
import { beginsTransaction, firstKeyword } from '../../connection/first-keyword.ts'
import { inChunks } from '../../connection/row-reader.ts'
import { HandleElsewhereError } from '../../errors/threads-errors.ts'
import { sqliteError } from './answered-error.ts'
import { describedIn, executed, isAutocommit } from './answers.ts'
import type { CursorReader } from './cursor-reader.ts'
import { LocalPragmas } from './local-pragmas.ts'
import { OpenReaders } from './open-readers.ts'
import type { Statement, StreamRequest, StreamResult } from './protocol.ts'
import { ReadStreams } from './read-streams.ts'
import { RunningRequests } from './running-requests.ts'
import { type Sending, ServerStream } from './server-stream.ts'
import { ServerTransaction } from './server-transaction.ts'
import type { SharedServer } from './shared-server.ts'
import { encoded } from './values.ts'

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
  readonly #reads: ReadStreams
  readonly #pragmas: LocalPragmas
  readonly #readers: OpenReaders = new OpenReaders()
  readonly #running: RunningRequests = new RunningRequests()
  #transaction: ServerTransaction | undefined
  /** It has written since it was lent, so reads such as that of `changes()` go to the primary's stream. */
  #hasWritten = false
  #isClosed = false

  constructor(server: SharedServer, label: string) {
    this.label = label
    this.#server = server
    this.#stream = new ServerStream(server.primary, server.position)
    this.#reads = new ReadStreams(this.#stream, server)
    this.#pragmas = new LocalPragmas(server.readonly)
  }

  get inTransaction(): boolean {
    return this.#transaction !== undefined
  }

  get isReading(): boolean {
    return this.#readers.areOpen
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
    if (this.#pragmas.queryOnly) await this.#refuseToWrite(sql)
    const stmt: Statement = { sql, args: encoded(parameters) }
    return await this.#running.run(cancellable, (signal) => this.#execute(stmt, signal))
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
    this.#running.cancel(interrupted())
  }

  kill(): void {
    this.#isClosed = true
    this.#transaction = undefined
    this.#running.kill(interrupted())
    this.#readers.close()
  }

  /** Called at each check-in, too. */
  stopReading(): void {
    this.#readers.close()
    if (this.#transaction === undefined) this.#hasWritten = false
  }

  rollback(): MaybePromise<void> {
    return this.#endTransaction('rollback')
  }

  commit(): MaybePromise<void> {
    return this.#endTransaction('commit')
  }

  async ping(): Promise<void> {
    await this.execute('select 1', [])
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.stopReading()
    await Promise.all([this.#stream.close(), this.#reads.close()])
  }

  #endTransaction(how: 'commit' | 'rollback'): MaybePromise<void> {
    this.stopReading()
    if (this.#running.isRunning || this.#transaction !== undefined) return this.#endOpen(how)
  }

  async #endOpen(how: 'commit' | 'rollback'): Promise<void> {
    // A statement that the user did not await may have begun a transaction.
    if (this.#running.isRunning) await this.#stream.run([], {})
    if (this.#transaction !== undefined) await this.execute(how, [])
  }

  /** Answers a statement without the server. Returns undefined if the server has to answer. */
  #answerHere(sql: string): StatementResult | undefined {
    const transaction = this.#transaction
    if (transaction === undefined && firstKeyword(sql) === 'begin') {
      this.#transaction = new ServerTransaction(this.#stream, sql)
      return NOTHING
    }
    if (transaction?.hasBegun === false && PLAIN_ENDS.has(sql)) {
      this.#transaction = undefined
      return NOTHING
    }
    return this.#pragmas.answer(sql)
  }

  async #refuseToWrite(sql: string): Promise<void> {
    if ((await this.inspect(sql)).readonly) return
    throw sqliteError('attempt to write a readonly database', 'SQLITE_READONLY')
  }

  /** Whether a replica can answer it, or any stream of the primary. */
  #isPlainRead(sql: string): boolean {
    return !this.#hasWritten && this.#server.kinds.known(sql)?.readonly === true && !beginsTransaction(sql)
  }

  async #execute(stmt: Statement, signal: AbortSignal): Promise<StatementResult> {
    if (this.#transaction !== undefined) {
      const answer = await this.#within(this.#transaction, (transaction) => transaction.execute(stmt, signal))
      return answer === undefined ? NOTHING : this.#server.decoder.result(answer)
    }
    const answer = this.#isPlainRead(stmt.sql)
      ? await this.#reads.execute(stmt, signal)
      : await this.#executeAlone(stmt, signal)
    return this.#server.decoder.result(executed(answer, stmt.sql))
  }

  async #within<T>(
    transaction: ServerTransaction,
    run: (transaction: ServerTransaction) => Promise<T>,
  ): Promise<T> {
    this.#hasWritten = true
    try {
      return await run(transaction)
    } finally {
      if (transaction.hasEnded && this.#transaction === transaction) this.#transaction = undefined
    }
  }

  async #executeAlone(stmt: Statement, signal: AbortSignal): Promise<StreamResult> {
    this.#hasWritten = true
    const requests: StreamRequest[] = [{ type: 'execute', stmt }]
    const mayBegin = beginsTransaction(stmt.sql)
    if (mayBegin) requests.push({ type: 'get_autocommit' })
    const [answer, autocommit] = await this.#stream.run(requests, { signal })
    if (mayBegin && !isAutocommit(autocommit)) this.#transaction = new ServerTransaction(this.#stream)
    if (answer!.type === 'ok') this.#stream.keepSettings(stmt.sql)
    return answer!
  }

  async #openReader(stmt: Statement, signal: AbortSignal | undefined): Promise<CursorReader> {
    if (this.#pragmas.queryOnly) await this.#refuseToWrite(stmt.sql)
    signal?.throwIfAborted()
    const reader = await this.#running.run(true, (killed) =>
      this.#open(stmt, signal === undefined ? killed : AbortSignal.any([signal, killed])),
    )
    this.#readers.add(reader, signal)
    return reader
  }

  async #open(stmt: Statement, signal: AbortSignal): Promise<CursorReader> {
    const { decoder } = this.#server
    if (this.#transaction !== undefined)
      return await this.#within(this.#transaction, (transaction) => transaction.open(stmt, decoder, signal))
    if (this.#isPlainRead(stmt.sql))
      return await this.#reads.from((stream) => this.#openOn(stream, stmt, { isRead: true, signal }))
    this.#hasWritten = true
    return await this.#openOn(this.#stream, stmt, { signal })
  }

  async #openOn(stream: ServerStream, stmt: Statement, sending: Sending): Promise<CursorReader> {
    const { decoder, position } = this.#server
    const batch = { steps: [{ stmt }], replication_index: position.required }
    return await stream.open(batch, stmt.sql, decoder, sending)
  }

  async #describe(sql: string): Promise<StatementKind> {
    const inTransaction = this.#transaction?.hasBegun === true
    const [answer] = await this.#stream.run([{ type: 'describe', sql }], { isRead: true, inTransaction })
    return describedIn(answer!, sql)
  }
}

function interrupted(): Error {
  return sqliteError('interrupted', 'SQLITE_INTERRUPT')
}

const NOTHING: StatementResult = { rows: [], numAffectedRows: 0n }

/** The statements with which this dialect ends a transaction. */
const PLAIN_ENDS: ReadonlySet<string> = new Set(['commit', 'rollback'])
