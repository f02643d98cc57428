import { clearTimeout, setTimeout } from '../clock.ts'
import type { Engine } from '../engine.ts'
import type { WriteQueue } from '../waiting/write-queue.ts'
import { Checkpointer } from './checkpointer.ts'
import { ReadGate } from './read-gate.ts'
import { NO_LOG, readLog, type WalLog } from './wal-log.ts'
import { walSize } from './wal-size.ts'
import type { WalSurroundings } from './wal-surroundings.ts'
import { WeakEngines } from './weak-engines.ts'

/** Checks the size of one file's WAL for all dialects of this thread that use the file, and starts checkpoints. */
export class Wal {
  readonly gate: ReadGate = new ReadGate()
  readonly #surroundings: WalSurroundings & { readonly engines: WeakEngines }
  #checkpointer: Checkpointer | undefined
  /** The smallest limit of all these dialects at the last check, in bytes. */
  #limit = Infinity
  #stopListening: (() => void) | undefined
  /** While it runs, the size is not checked. */
  #timer: NodeJS.Timeout | undefined
  /** The WAL may have grown since the last check. */
  #isChanged = false
  #isAtWork = false
  /** The log as the last checkpoint left it. */
  #left: WalLog = NO_LOG

  constructor(path: string, queue: WriteQueue) {
    this.#surroundings = { path, engines: new WeakEngines(), queue, gate: this.gate }
  }

  join(engine: Engine): void {
    const { engines, queue } = this.#surroundings
    engines.add(engine)
    this.#noteLimit()
    this.#stopListening ??= queue.onRelease(this.look)
  }

  /** Resolves when nothing is left of what it did for the dialect. */
  async leave(engine: Engine): Promise<void> {
    const { engines, queue } = this.#surroundings
    engines.delete(engine)
    this.#noteLimit()
    if (engines.isEmpty) {
      if (wals.get(queue) === this) wals.delete(queue)
      this.#stopListening?.()
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    const checkpointer = this.#checkpointer
    if (checkpointer?.engine !== engine) return
    this.#checkpointer = undefined
    await checkpointer.close()
  }

  /** Closes the connection for checkpoints. The next checkpoint opens another one. */
  async closeIdle(): Promise<void> {
    await this.#checkpointer?.close()
  }

  /** Called after each write and before each stream. Checks the size now and then. */
  readonly look = (): void => {
    if (this.#timer !== undefined) {
      this.#isChanged = true
      return
    }
    if (this.#limit === Infinity) return
    // Some of them may have dropped out.
    this.#noteLimit()
    this.#isChanged = false
    this.#lookAgainIn(EVERY)
    const size = walSize(this.#surroundings.path)
    if (!this.#isAtWork && this.#isDue(size)) void this.#checkpoint(size)
  }

  #lookAgainIn(delay: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#isChanged) this.look()
    }, delay).unref()
  }

  #isDue(size: number): boolean {
    if (this.#limit === Infinity) return false
    if (size >= this.#limit) return true
    // Without a thread, commits make the checkpoints of a WAL within its limit.
    return size >= STEP && this.#ready().isApart && this.#growth(size) >= STEP
  }

  /**
   * How many bytes were written to the log since the last checkpoint, no matter by which connection. A log with other salts
   * has begun since then.
   */
  #growth(size: number): number {
    const { salts, bytes } = readLog(this.#surroundings.path, size)
    return salts === this.#left.salts ? bytes - this.#left.bytes : bytes
  }

  async #checkpoint(size: number): Promise<void> {
    const checkpointer = this.#ready()
    const isOver = size >= this.#limit
    this.#isAtWork = true
    try {
      await checkpointer.engine.runTask((ended) => checkpointer.run(isOver, ended))
    } catch {
      // The database was destroyed meanwhile.
      return
    } finally {
      this.#isAtWork = false
    }
    const { path, engines } = this.#surroundings
    this.#left = readLog(path)
    if (walSize(path) < this.#limit || engines.isEmpty) return
    // Check again even without a write, because there may never be another one.
    this.#isChanged = true
    this.#lookAgainIn(isOver ? RETRY : EVERY)
  }

  #ready(): Checkpointer {
    if (this.#checkpointer !== undefined) return this.#checkpointer
    const engine = [...this.#surroundings.engines].find(({ config }) => config.walLimit < Infinity)!
    this.#checkpointer = new Checkpointer(engine, this.#surroundings)
    return this.#checkpointer
  }

  #noteLimit(): void {
    this.#limit = Math.min(...Array.from(this.#surroundings.engines, ({ config }) => config.walLimit))
  }
}

/** By the line of those that write to the file. */
const wals: WeakMap<WriteQueue, Wal> = new WeakMap()

/** Adds a dialect to those of this thread that use the file, until it leaves. */
export function joinWal(engine: Engine, path: string, queue: WriteQueue): Wal {
  const wal = wals.get(queue) ?? new Wal(path, queue)
  wals.set(queue, wal)
  wal.join(engine)
  return wal
}

/** Milliseconds between two checks of the size. */
const EVERY = 50
/** Milliseconds between two checkpoints of a WAL that stays beyond its limit although it does not grow. */
const RETRY = 500
/** In bytes: the growth that SQLite's own checkpoints wait for, too, https://www.sqlite.org/wal.html#automatic_checkpoint */
const STEP = 4 * 1024 ** 2
