import { busyError } from './busy.ts'
import { FifoLock, type LockWait } from './fifo-lock.ts'
import { BriefWriter, whereHeld, type Writer } from './writer.ts'

/**
 * The queue in which the writers to one database wait inside one thread.
 *
 * SQLite lets one connection write at a time. Without the queue, every other writer would hold a connection while SQLite
 * refuses it again and again. The readers would find the pool empty, and chance would decide which writer is next.
 *
 * So a writer first takes the lock of the queue, then a connection, and keeps the lock until SQLite's own is released. If its
 * pool has no connection, it steps aside, because other writers should not wait for an unused lock. One of them may even hold
 * that connection. The writer keeps its place for when it comes back with a connection.
 */
export class WriteQueue {
  readonly #lock: FifoLock<Writer> = new FifoLock(lockedInThisThread, ({ connected }) => connected)
  readonly #listeners: Set<() => void> = new Set()

  /** The writer that writes now, or takes a connection to write with. */
  get writer(): Writer | undefined {
    return this.#lock.owner
  }

  /** How many writers wait for their turn. */
  get waiting(): number {
    return this.#lock.waiting
  }

  /** A new place, behind all places given before. */
  newPlace(): number {
    return this.#lock.newPlace()
  }

  /**
   * A place for a session that does not know yet whether it writes, and takes a connection to ask SQLite. No writer behind it
   * gets the lock before it knows, unless its pool has no connection.
   */
  reserve(writer: Writer): number {
    return this.#lock.reserve(writer)
  }

  /** Ends the reservation, because `writer` does not write, or not now. */
  letPass(writer: Writer): void {
    this.#lock.letPass(writer)
  }

  /** Whether a writer that may not wait for other writers can wait for the current one. */
  get mayUpgradeWait(): boolean {
    return this.writer instanceof BriefWriter && this.#lock.isFirst(BEFORE_ALL + 1)
  }

  /** Whether no writer waits before `place`, and nobody there may yet turn out to write. */
  isFirst(place: number): boolean {
    return this.#lock.isFirst(place)
  }

  /**
   * Takes the lock if it is free or `writer` has it. Also takes it if `writer` has a connection and the current owner has
   * none.
   *
   * @param place The place of `writer`. Only an owner behind it makes way. Default is a new place.
   */
  tryLock(writer: Writer, place?: number): boolean {
    return this.#lock.tryAcquire(writer, place)
  }

  /**
   * Waits for the lock.
   *
   * @param place As for `tryLock`.
   */
  lock(writer: Writer, wait: LockWait, place?: number): Promise<void> {
    return this.#lock.acquire(writer, wait, place)
  }

  /** Lets the next one go ahead of `writer`, which has to wait for a connection. */
  stepAside(writer: Writer): void {
    this.#lock.release(writer)
  }

  leave(writer: Writer): void {
    this.#lock.release(writer)
    for (const wake of this.#listeners) wake()
  }

  /** Calls `wake` each time a writer leaves; returns a function that stops listening. */
  onRelease(wake: () => void): () => void {
    this.#listeners.add(wake)
    return () => this.#listeners.delete(wake)
  }
}

/** The place of a writer that may not wait. */
export const BEFORE_ALL = 0

const queues = new Map<string, WeakRef<WriteQueue>>()
const forgotten = new FinalizationRegistry<string>((key) => {
  if (queues.get(key)?.deref() === undefined) queues.delete(key)
})

/** The write queue of a database. All dialects of this thread that use the same `key` for the database share it. */
export function writeQueueOf(key: string): WriteQueue {
  const known = queues.get(key)?.deref()
  if (known !== undefined) return known
  const queue = new WriteQueue()
  queues.set(key, new WeakRef(queue))
  forgotten.register(queue, key)
  return queue
}

function lockedInThisThread(waited: number, owner: Writer, waiter: Writer): Error | undefined {
  if (owner instanceof BriefWriter) return undefined
  const error = busyError(waiter.sqliteError, 'SQLITE_BUSY', waited, 'a connection of this thread')
  if (owner.takenAt !== undefined) error.message += `\n${whereHeld(owner)}`
  return error
}
