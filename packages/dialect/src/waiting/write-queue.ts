import { busyError } from './busy.ts'
import { type Holder, whereHeld } from './nested-use.ts'
import { FifoLock, type LockWait } from './fifo-lock.ts'

/**
 * The line in which the writers to one database wait inside one thread.
 *
 * SQLite lets one connection write at a time. Without the line, every writer but one would hold a connection while
 * it is refused again and again: the readers would find the pool empty, and chance would decide who is next.
 *
 * There are two locks, always taken in the same order. The `line` is taken before a connection is, so that only
 * its first holds one. The `lock` is taken with a connection in hand, and kept until SQLite's own lock is released.
 * Who has a connection already (`db.connection()`, a deferred transaction that begins to write) takes only the
 * `lock`: waiting in the line with a connection in hand could starve the one at its head of a connection.
 */
export class WriteQueue {
  readonly #lock: FifoLock<Holder> = new FifoLock(lockedInThisThread)
  readonly #line: FifoLock<Holder> = new FifoLock(lockedInThisThread, this.#lock)
  readonly #listeners: Set<() => void> = new Set()

  /** Who writes now. */
  get writer(): Holder | undefined {
    return this.#lock.owner
  }

  /** Joins the line, without a connection in hand. */
  enter(writer: Holder, wait: LockWait): Promise<void> {
    return this.#line.acquire(writer, wait)
  }

  /** Joins the line if it is empty and nobody writes. */
  tryEnter(writer: Holder): boolean {
    return this.#lock.owner === undefined && this.#line.tryAcquire(writer)
  }

  /** Takes the lock if it is free or `writer` has it. */
  tryLock(writer: Holder): boolean {
    return this.#lock.owner === writer || this.#lock.tryAcquire(writer)
  }

  /** Waits for the lock, with a connection in hand. */
  lock(writer: Holder, wait: LockWait): Promise<void> {
    return this.#lock.acquire(writer, wait)
  }

  /** Gives back whatever `writer` has of the two. */
  leave(writer: Holder): void {
    this.#lock.release(writer)
    this.#line.release(writer)
    for (const wake of this.#listeners) wake()
  }

  /** Calls back whenever a writer leaves; returns how to stop listening. */
  onRelease(wake: () => void): () => void {
    this.#listeners.add(wake)
    return () => this.#listeners.delete(wake)
  }
}

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

function lockedInThisThread(waited: number, owner: Holder, waiter: Holder): Error {
  const error = busyError(waiter.sqliteError, 'SQLITE_BUSY', waited, 'a connection of this thread')
  if (owner.takenAt !== undefined) error.message += `\n${whereHeld(owner)}`
  return error
}
