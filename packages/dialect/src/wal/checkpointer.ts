import { setTimeout as pause } from 'node:timers/promises'
import type { Engine } from '../engine.ts'
import { sourceOf, tellCheckpoint } from '../diagnostics/channels.ts'
import { nameOf } from '../url/sqlite-location.ts'
import { isBusy } from '../waiting/busy.ts'
import type { Holder } from '../waiting/nested-use.ts'
import { BEFORE_ALL, type WriteQueue } from '../waiting/write-queue.ts'
import { BlockedCheckpoints } from './blocked-checkpoints.ts'
import { CheckpointConnection } from './checkpoint-connection.ts'
import { isAnyBusy, openReaders, type OpenReader } from './open-readers.ts'
import type { ReadGate } from './read-gate.ts'
import { walSize } from './wal-size.ts'

/** What the checkpoints of a file have to do with. */
export interface WalSurroundings {
  /** The absolute path of the database file. */
  readonly path: string
  /** All that use the file in this thread. */
  readonly engines: ReadonlySet<Engine>
  readonly queue: WriteQueue
  readonly gate: ReadGate
}

/**
 * Makes the checkpoints of one file.
 *
 * “If another connection has a read transaction open, then the checkpoint cannot reset the WAL file because doing so might
 * delete content out from under the reader”, https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files. While readers
 * overlap there is no such moment, so one is made: new readers wait until those that read have come to their end.
 */
export class Checkpointer {
  readonly #at: WalSurroundings
  readonly #connection: CheckpointConnection
  readonly #blocked: BlockedCheckpoints
  /** How often readers were kept waiting in vain, in a row. */
  #failures = 0
  /** No reader is kept waiting until then, on the clock of `performance.now()`. */
  #gateRestsUntil = 0
  /** Nor is any writer until then. */
  #restsUntil = 0
  /** The last one was not possible at all, and none is tried until then. */
  #givesUpUntil = 0

  /** @param engine The one whose connection makes them. */
  constructor(engine: Engine, surroundings: WalSurroundings) {
    this.#at = surroundings
    this.#connection = new CheckpointConnection(engine, surroundings.engines)
    this.#blocked = new BlockedCheckpoints(nameOf(engine.config.location))
  }

  get engine(): Engine {
    return this.#connection.engine
  }

  /** It works in a thread of its own, so nobody has to wait where it moves what little there is. */
  get isApart(): boolean {
    return this.#connection.isApart
  }

  /**
   * Moves what readers allow from the WAL to the database file, and empties the WAL if it can.
   *
   * @param isOver The WAL is beyond its limit: readers and writers wait for it. Otherwise they wait for its last step alone, which
   *   is short, and which is left out where somebody reads.
   * @param ended The database is destroyed.
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
    // In this thread the commits make them, as they do without a pool.
    const passive = this.isApart ? await this.#connection.checkpoint('passive', 0) : NOTHING
    ended.throwIfAborted()
    const moved: Made = { mode: 'passive', isComplete: !passive.isBusy && passive.remaining === 0 }
    // Another process is at it.
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

  /** Undefined where some reader does not come to its end. */
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
   * Empties the WAL while nobody in this thread writes, and nobody begins to read: a transaction that has begun with a read could
   * not write meanwhile, and may not wait.
   */
  async #truncate(isOver: boolean, ended: AbortSignal): Promise<Made> {
    const { engines, queue, gate } = this.#at
    const start = performance.now()
    const place = this.#place()
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

  /** Queries in other threads come to their end by themselves. */
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

  /** In the line of writers. */
  #place(): Holder {
    return {
      connected: true,
      connection: { label: this.#connection.label },
      takenAt: undefined,
      inside: 'db.transaction()',
      waitsForNobody: true,
      sqliteError: this.engine.database.error,
    }
  }

  /** Whether it came to an end before the gate was opened. */
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

  /** @param cost How long writers were kept waiting in vain, in milliseconds. */
  #rest(cost: number, isOver: boolean): void {
    this.#restsUntil = performance.now() + REST * cost
    if (isOver) this.#restGate(cost)
  }

  /** @param cost How long readers were kept waiting in vain: the longer, and the more often, the later it happens again. */
  #restGate(cost: number): void {
    this.#failures += 1
    const rest = cost * 2 ** Math.min(this.#failures, MOST_DOUBLINGS)
    // Processes that were in each other's way do not come back together.
    this.#gateRestsUntil = performance.now() + rest * (1 + Math.random() / 2)
  }
}

interface Made {
  readonly mode: 'passive' | 'truncate'
  readonly isComplete: boolean
}

const NOTHING = { isBusy: false, remaining: 0 }
/** So many are moved while writers wait. */
const FEW_FRAMES = 1000

/** In milliseconds: how long a reader may have to wait, and how long it is looked whether the others have ended. */
const LONGEST = 1000
const POLL = 2
/** In milliseconds: how long writers may have to wait for short reads of other processes and threads. */
const SHORT = 20
const LONG = 250
const FAILED = 1000
/** So many times as long as somebody has waited in vain, nobody waits. */
const REST = 10
const MOST_DOUBLINGS = 4
