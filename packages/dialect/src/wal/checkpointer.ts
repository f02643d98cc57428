import { sleep } from '../clock.ts'
import type { Engine } from '../engine.ts'
import { sourceOf, tellCheckpoint } from '../diagnostics/channels.ts'
import { nameOf } from '../url/sqlite-location.ts'
import { isBusy } from '../waiting/busy.ts'
import { BEFORE_ALL } from '../waiting/write-queue.ts'
import { BriefWriter } from '../waiting/writer.ts'
import { CheckpointBackoff } from './backoff.ts'
import { BlockedCheckpoints } from './blocked-checkpoints.ts'
import { CheckpointConnection, type Checkpointed } from './checkpoint-connection.ts'
import { isAnyBusy, openReaders, type OpenReader } from './open-readers.ts'
import { walSize } from './wal-size.ts'
import type { WalSurroundings } from './wal-surroundings.ts'

/**
 * Makes the checkpoints of one file.
 *
 * When all of the WAL is in the database file and nobody reads the WAL, the next writer begins it anew. So it stays as large
 * as it is, unless a checkpoint truncates it.
 *
 * “If another connection has a read transaction open, then the checkpoint cannot reset the WAL file because doing so might
 * delete content out from under the reader”, https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files. While readers
 * overlap, there is always an open reader. So beyond its limit, the checkpointer makes new readers wait until the open ones have
 * ended.
 */
export class Checkpointer {
  readonly #at: WalSurroundings
  readonly #connection: CheckpointConnection
  readonly #blocked: BlockedCheckpoints
  readonly #backoff: CheckpointBackoff = new CheckpointBackoff()

  /** @param engine The engine that opens the connection for the checkpoints. */
  constructor(engine: Engine, surroundings: WalSurroundings) {
    this.#at = surroundings
    this.#connection = new CheckpointConnection(engine, surroundings)
    this.#blocked = new BlockedCheckpoints(nameOf(engine.config.location))
  }

  get engine(): Engine {
    return this.#connection.engine
  }

  /** It works in a thread of its own, so nothing has to wait while it moves the frames of a small WAL. */
  get isApart(): boolean {
    return this.#connection.isApart
  }

  /**
   * Moves what readers allow from the WAL to the database file.
   *
   * @param isOver The WAL is beyond its limit, so it is truncated, and readers and writers wait for that. Otherwise only writers
   *   wait, and only for what was written since the checkpoint began. They do not wait while a reader is open.
   * @param ended Fires when the database is destroyed.
   */
  async run(isOver: boolean, ended: AbortSignal): Promise<void> {
    if (this.#backoff.givesUp) return
    const walBefore = walSize(this.#at.path)
    const startTime = performance.now()
    let made: Made = { mode: 'passive', isComplete: false }
    let failure: { readonly error: unknown } | undefined
    try {
      made = await this.#make(isOver, ended)
    } catch (error) {
      if (ended.aborted) throw error
      failure = { error }
      this.#backoff.giveUp()
      this.#blocked.noteFailure(error, walBefore)
    } finally {
      this.#at.gate.open()
    }
    tellCheckpoint({
      ...sourceOf(this.engine),
      walBefore,
      walAfter: walSize(this.#at.path),
      ...made,
      startTime,
      duration: performance.now() - startTime,
      ...failure,
    })
  }

  /** Closes its connection. */
  async close(): Promise<void> {
    await this.#connection.close()
  }

  async #make(isOver: boolean, ended: AbortSignal): Promise<Made> {
    // If the connection is in this thread, commits make passive checkpoints themselves, as they do without a pool.
    const moved = this.isApart ? await this.#connection.checkpoint('passive', 0) : NOTHING
    const made: Made = { mode: 'passive', isComplete: moved.isComplete }
    ended.throwIfAborted()
    // If it is busy, another process is making a checkpoint.
    if (moved.isBusy || this.#backoff.sparesWriters) return made
    const readers = this.#readers()
    const isFree = readers.length === 0 && moved.remaining <= FEW_FRAMES
    if (!isOver) return isFree && !made.isComplete ? await this.#catchUp(ended) : made
    if (this.#backoff.sparesReaders) return isFree ? await this.#truncate(false, ended) : made
    const inTheWay = readers.filter((reader) => this.#blocked.has(reader))
    if (inTheWay.length > 0) {
      this.#noteBlocked(inTheWay)
      return made
    }
    return (await this.#truncateBetweenReads(ended)) ?? made
  }

  /** Moves what was written since the last step, while no connection of this thread writes. */
  async #catchUp(ended: AbortSignal): Promise<Made> {
    const start = performance.now()
    const moved = await this.#whileNobodyWrites(ended, () => this.#connection.checkpoint('passive', 0))
    const isComplete = moved?.isComplete === true
    // If it got no turn, no writer has waited for it.
    if (moved?.isComplete === false) this.#backoff.spareWriters(performance.now() - start)
    return { mode: 'passive', isComplete }
  }

  /** Returns undefined if a reader does not end in time. */
  async #truncateBetweenReads(ended: AbortSignal): Promise<Made | undefined> {
    const { gate } = this.#at
    const start = performance.now()
    gate.shut(LONGEST)
    const isFree = await this.#whileShut(() => this.#readers().length > 0, ended)
    if (isFree) return await this.#truncate(true, ended)
    this.#noteBlocked(this.#readers())
    this.#backoff.spareReaders(performance.now() - start)
    return undefined
  }

  /**
   * Empties the WAL while no connection of this thread writes, and no new read begins. A transaction that began with a read could
   * not write meanwhile, and is not allowed to wait.
   *
   * @param isPatient It waits for statements in other threads, and longer for other processes. If that is in vain, readers are
   *   spared, too.
   */
  async #truncate(isPatient: boolean, ended: AbortSignal): Promise<Made> {
    const start = performance.now()
    const result = await this.#whileNobodyWrites(ended, () => this.#truncateNow(isPatient, ended))
    if (result?.isComplete === true) this.#noteSuccess()
    else this.#noteVain(performance.now() - start, isPatient, result !== undefined)
    if (isPatient && result === undefined) this.#noteBlockedByWriter()
    return { mode: 'truncate', isComplete: false, ...result }
  }

  async #truncateNow(isPatient: boolean, ended: AbortSignal): Promise<Omit<Made, 'mode'>> {
    const { engines, gate, path } = this.#at
    if (isPatient) await this.#untilNothingRuns(ended)
    if (this.#readers().length > 0 || isAnyBusy(engines)) return { isComplete: false }
    gate.shut(LONGEST)
    const truncated = await this.#connection.checkpoint('truncate', isPatient ? LONG : SHORT)
    const walAfter = walSize(path)
    if (isPatient && truncated.isBusy) this.#blocked.noteOthers(walAfter)
    return { isComplete: !truncated.isBusy, walAfter }
  }

  /**
   * Takes a step in the line of this thread's writers, before all of them. Returns undefined if the writer that writes now does
   * not end in time.
   */
  async #whileNobodyWrites<T>(ended: AbortSignal, step: () => Promise<T>): Promise<T | undefined> {
    const { queue } = this.#at
    const writer = new BriefWriter(this.#connection, this.engine.database.error)
    try {
      await queue.lock(writer, { timeout: LONGEST, signal: ended }, BEFORE_ALL)
      return await step()
    } catch (error) {
      if (!isBusy(error)) throw error
      return undefined
    } finally {
      queue.leave(writer)
    }
  }

  /** Waits for the queries in other threads, which end by themselves. */
  async #untilNothingRuns(ended: AbortSignal): Promise<void> {
    const { engines, gate } = this.#at
    if (!isAnyBusy(engines)) return
    gate.shutForAll()
    await this.#whileShut(() => isAnyBusy(engines), ended)
  }

  #readers(): OpenReader[] {
    const { engines, queue } = this.#at
    return openReaders(engines, queue.writer)
  }

  /** Waits until `goesOn()` is false. Returns false if the gate opened before. */
  async #whileShut(goesOn: () => boolean, ended: AbortSignal): Promise<boolean> {
    while (goesOn()) {
      if (!this.#at.gate.isShut) return false
      // oxlint-disable-next-line no-await-in-loop -- until it does not
      await sleep(POLL, undefined, { signal: ended })
    }
    return true
  }

  #noteBlocked(readers: readonly OpenReader[]): void {
    const size = walSize(this.#at.path)
    for (const reader of readers) this.#blocked.note(reader, size)
  }

  #noteBlockedByWriter(): void {
    const { writer } = this.#at.queue
    if (writer?.connection === undefined) return
    const { connection, takenAt } = writer
    this.#noteBlocked([{ label: connection.label, holder: takenAt, identity: takenAt ?? connection }])
  }

  #noteSuccess(): void {
    this.#backoff.noteSuccess()
    this.#blocked.forgetOthers()
  }

  /**
   * @param cost How long it took for nothing, in milliseconds.
   * @param hadTurn Writers waited for it. Without a turn in their line, it waited for them.
   */
  #noteVain(cost: number, isPatient: boolean, hadTurn: boolean): void {
    if (hadTurn) this.#backoff.spareWriters(cost)
    if (isPatient) this.#backoff.spareReaders(cost)
  }
}

interface Made {
  readonly mode: 'passive' | 'truncate'
  readonly isComplete: boolean
  /** The size of the WAL before the next writer goes ahead, in bytes. */
  readonly walAfter?: number
}

const NOTHING: Checkpointed = { isBusy: false, remaining: 0, isComplete: false }
/** If readers in other processes and threads keep back more frames, writers do not wait for them. */
const FEW_FRAMES = 1000

/** In milliseconds: how long a reader may have to wait, and the pause before the next check whether the others have ended. */
const LONGEST = 1000
const POLL = 2
/** In milliseconds: how long writers may have to wait for short reads in other processes and threads. */
const SHORT = 20
const LONG = 250
