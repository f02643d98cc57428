import { setTimeout as pause } from 'node:timers/promises'
import type { Engine } from '../engine.ts'
import { sourceOf, tellCheckpoint } from '../diagnostics/channels.ts'
import { nameOf } from '../url/sqlite-location.ts'
import { isBusy } from '../waiting/busy.ts'
import { BEFORE_ALL, type WriteQueue } from '../waiting/write-queue.ts'
import { BriefWriter } from '../waiting/writer.ts'
import { BlockedCheckpoints } from './blocked-checkpoints.ts'
import { CheckpointConnection } from './checkpoint-connection.ts'
import { isAnyBusy, openReaders, type OpenReader } from './open-readers.ts'
import type { ReadGate } from './read-gate.ts'
import { walSize } from './wal-size.ts'

/** What the checkpoints of one file work with. */
export interface WalSurroundings {
  /** The absolute path of the database file. */
  readonly path: string
  /** All engines in this thread that use the file. */
  readonly engines: Iterable<Engine>
  readonly queue: WriteQueue
  readonly gate: ReadGate
}

/**
 * Makes the checkpoints of one file.
 *
 * “If another connection has a read transaction open, then the checkpoint cannot reset the WAL file because doing so might
 * delete content out from under the reader”, https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files. While readers
 * overlap, there is always an open reader. So the checkpointer makes new readers wait until the open ones have ended.
 */
export class Checkpointer {
  readonly #at: WalSurroundings
  readonly #connection: CheckpointConnection
  readonly #blocked: BlockedCheckpoints
  /** How many times in a row readers waited for nothing. */
  #failures = 0
  /** Until then, no reader is made to wait, on the clock of `performance.now()`. */
  #gateRestsUntil = 0
  /** Until then, no writer is made to wait, on the same clock. */
  #restsUntil = 0
  /** Until then, on the same clock, no checkpoint is tried, because the last one was not possible at all. */
  #givesUpUntil = 0

  /** @param engine The engine that opens the connection for the checkpoints. */
  constructor(engine: Engine, surroundings: WalSurroundings) {
    this.#at = surroundings
    this.#connection = new CheckpointConnection(engine, surroundings.engines)
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
   * Moves what readers allow from the WAL to the database file, and empties the WAL if it can.
   *
   * @param isOver The WAL is beyond its limit, so readers and writers wait for the checkpoint. Otherwise they wait only for its
   *   last step, which is short. That step is skipped while a reader is open.
   * @param ended Fires when the database is destroyed.
   */
  async run(isOver: boolean, ended: AbortSignal): Promise<void> {
    if (performance.now() < this.#givesUpUntil) return
    const walBefore = walSize(this.#at.path)
    const startTime = performance.now()
    let made: Made = { mode: 'passive', isComplete: false }
    let failure: { readonly error: unknown } | undefined
    try {
      made = await this.#make(isOver, ended)
    } catch (error) {
      if (ended.aborted) throw error
      failure = { error }
      this.#restGate(FAILED)
      this.#givesUpUntil = this.#gateRestsUntil
      this.#blocked.noteFailure(error, walBefore)
    } finally {
      this.#at.gate.open()
    }
    tellCheckpoint({
      ...sourceOf(this.engine),
      ...made,
      walBefore,
      walAfter: walSize(this.#at.path),
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
    const passive = this.isApart ? await this.#connection.checkpoint('passive', 0) : NOTHING
    ended.throwIfAborted()
    const moved: Made = { mode: 'passive', isComplete: !passive.isBusy && passive.remaining === 0 }
    // If it is busy, another process is making a checkpoint.
    if (passive.isBusy || performance.now() < this.#restsUntil) return moved
    const readers = this.#readers()
    if (!isOver || performance.now() < this.#gateRestsUntil) {
      const isPossible = readers.length === 0 && passive.remaining <= FEW_FRAMES
      return isPossible ? await this.#truncate(false, ended) : moved
    }
    const inTheWay = readers.filter((reader) => this.#blocked.has(reader))
    if (inTheWay.length > 0) {
      this.#noteBlocked(inTheWay)
      return moved
    }
    return (await this.#truncateBetweenReads(ended)) ?? moved
  }

  /** Returns undefined if a reader does not end in time. */
  async #truncateBetweenReads(ended: AbortSignal): Promise<Made | undefined> {
    const { gate } = this.#at
    const start = performance.now()
    gate.shut(LONGEST)
    const isFree = await this.#whileShut(() => this.#readers().length > 0, ended)
    if (isFree) return await this.#truncate(true, ended)
    this.#noteBlocked(this.#readers())
    this.#restGate(performance.now() - start)
    return undefined
  }

  /**
   * Empties the WAL while no connection of this thread writes, and no new read begins. A transaction that began with a read could
   * not write meanwhile, and is not allowed to wait.
   */
  async #truncate(isOver: boolean, ended: AbortSignal): Promise<Made> {
    const { engines, queue, gate } = this.#at
    const start = performance.now()
    const place = new BriefWriter(this.#connection, this.engine.database.error)
    let isComplete = false
    try {
      await queue.lock(place, { timeout: LONGEST, signal: ended }, BEFORE_ALL)
      if (isOver) await this.#untilNothingRuns(ended)
      if (this.#readers().length === 0 && !isAnyBusy(engines)) {
        gate.shut(LONGEST)
        const result = await this.#connection.checkpoint('truncate', isOver ? LONG : SHORT)
        isComplete = !result.isBusy
        if (isOver && result.isBusy) this.#blocked.noteOthers(walSize(this.#at.path))
      }
    } catch (error) {
      if (!isBusy(error)) throw error
      if (isOver) this.#noteBlockedByWriter()
    } finally {
      queue.leave(place)
    }
    if (isComplete) this.#noteSuccess()
    else this.#rest(performance.now() - start, isOver)
    return { mode: 'truncate', isComplete }
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
      await pause(POLL, undefined, { signal: ended })
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
    this.#failures = 0
    this.#blocked.forgetOthers()
  }

  /** @param cost How long writers waited for nothing, in milliseconds. */
  #rest(cost: number, isOver: boolean): void {
    this.#restsUntil = performance.now() + REST * cost
    if (isOver) this.#restGate(cost)
  }

  /**
   * @param cost How long readers waited for nothing, in milliseconds. The longer and the more often they did, the later they are
   *   made to wait again.
   */
  #restGate(cost: number): void {
    this.#failures += 1
    const rest = cost * 2 ** Math.min(this.#failures, MOST_DOUBLINGS)
    // The random part keeps processes that were in each other's way from trying again at the same time.
    this.#gateRestsUntil = performance.now() + rest * (1 + Math.random() / 2)
  }
}

interface Made {
  readonly mode: 'passive' | 'truncate'
  readonly isComplete: boolean
}

const NOTHING = { isBusy: false, remaining: 0 }
/** At most this many frames are moved while writers wait. */
const FEW_FRAMES = 1000

/** In milliseconds: how long a reader may have to wait, and the pause before the next check whether the others have ended. */
const LONGEST = 1000
const POLL = 2
/** In milliseconds: how long writers may have to wait for short reads in other processes and threads. */
const SHORT = 20
const LONG = 250
const FAILED = 1000
/** After writers waited for nothing, no writer is made to wait for this many times as long. */
const REST = 10
const MOST_DOUBLINGS = 4
