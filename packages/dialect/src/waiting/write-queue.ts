import { busyError } from './busy.ts'
import { type Holder, whereHeld } from './nested-use.ts'
import { FifoLock, type LockWait } from './fifo-lock.ts'

/**
 * The line in which the writers to one database wait inside one thread.
 *
 * SQLite lets one connection write at a time. Without the line, every writer but one would hold a connection while
 * it is refused again and again: the readers would find the pool empty, and chance would decide who is next.
 *
 * So a writer takes the lock of the line first, then a connection, and keeps the lock until SQLite's own is released. One
 * whose pool has no connection steps aside, because nobody is to wait for a lock that nobody makes use of, least of all who
 * has the connection. It keeps its place for when it comes back with a connection.
 */
export class WriteQueue {
  readonly #lock: FifoLock<Holder> = new FifoLock(lockedInThisThread, ({ connected }) => connected)
  readonly #listeners: Set<() => void> = new Set()

  /** Who writes now, or takes a connection to write with. */
  get writer(): Holder | undefined {
    return this.#lock.owner
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#lock.waiting
  }

  /** A place behind all who have come before. */
  newPlace(): number {
    return this.#lock.newPlace()
  }

  /**
   * A place for one who does not know yet whether it writes, and takes a connection to ask SQLite. Nobody behind it gets the
   * lock before it knows, unless its pool has no connection.
   */
  reserve(writer: Holder): number {
    return this.#lock.reserve(writer)
  }

  /** It does not write, or not now. */
  letPass(writer: Holder): void {
    this.#lock.letPass(writer)
  }

  /** Whether a writer that may wait for no other one can wait for the one whose turn it is. */
  get mayUpgradeWait(): boolean {
    return this.writer?.waitsForNobody === true && this.#lock.isFirst(BEFORE_ALL + 1)
  }

  /** Nobody waits before `place`. */
  isFirst(place: number): boolean {
    return this.#lock.isFirst(place)
  }

  /**
   * Takes the lock if it is free or `writer` has it, or if `writer` has a connection and the one whose turn it is has not.
   *
   * @param place The one that `writer` has; only those behind it make way. Default is a new one.
   */
  tryLock(writer: Holder, place?: number): boolean {
    return this.#lock.tryAcquire(writer, place)
  }

  /**
   * Waits for the lock.
   *
   * @param place As for `tryLock`.
   */
  lock(writer: Holder, wait: LockWait, place?: number): Promise<void> {
    return this.#lock.acquire(writer, wait, place)
  }

  /** Lets the next one go ahead of `writer`, which has to wait for a connection. */
  stepAside(writer: Holder): void {
    this.#lock.release(writer)
  }

  leave(writer: Holder): void {
    this.#lock.release(writer)
    for (const wake of this.#listeners) wake()
  }

  /** Calls back whenever a writer leaves; returns how to stop listening. */
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

/** The write queue of a database: the same for all dialects of this thread that name it by the same `key`. */
export function writeQueueOf(key: string): WriteQueue {
  const known = queues.get(key)?.deref()
  if (known !== undefined) return known
  const queue = new WriteQueue()
  queues.set(key, new WeakRef(queue))
  forgotten.register(queue, key)
  return queue
}

function lockedInThisThread(waited: number, owner: Holder, waiter: Holder): Error | undefined {
  if (owner.waitsForNobody === true) return undefined
  const error = busyError(waiter.sqliteError, 'SQLITE_BUSY', waited, 'a connection of this thread')
  if (owner.takenAt !== undefined) error.message += `\n${whereHeld(owner)}`
  return error
}
