import { warn } from '../warn.ts'
import type { OpenReader } from './open-readers.ts'

/** Remembers what has blocked checkpoints. Names each blocker in one warning, when it blocks a second checkpoint. */
export class BlockedCheckpoints {
  readonly #file: string
  /** How many checkpoints each reader has blocked, and since when, on the clock of `performance.now()`. */
  readonly #blocked: WeakMap<object, { readonly since: number; times: number }> = new WeakMap()
  /** How many checkpoints were blocked by readers that this thread does not know. */
  #byOthers = 0
  /** Why checkpoints were not possible at all. */
  readonly #failures: Set<string> = new Set()

  /** @param file The name of the database, for the warnings. */
  constructor(file: string) {
    this.#file = file
  }

  /** Whether the reader has blocked an earlier checkpoint. */
  has({ identity }: OpenReader): boolean {
    return this.#blocked.has(identity)
  }

  note(reader: OpenReader, walSize: number): void {
    const blocked = this.#blocked.get(reader.identity) ?? { since: performance.now(), times: 0 }
    this.#blocked.set(reader.identity, blocked)
    blocked.times += 1
    if (blocked.times !== 2) return
    const seconds = Math.round((performance.now() - blocked.since) / 1000)
    this.#warn(
      walSize,
      `a stream or transaction on ${reader.label} has been in its way for more than ${seconds} s. Read every stream to its ` +
        'end, or leave its loop, and end every transaction soon.',
      reader.holder?.stack?.replace(/^Error: /, 'It is '),
    )
  }

  /** Notes a checkpoint that was blocked, but not by a connection that a pool of this thread has lent. */
  noteOthers(walSize: number): void {
    this.#byOthers += 1
    if (this.#byOthers !== 2) return
    this.#warn(
      walSize,
      'a reader in another process or thread, such as a backup, or on a handle of your own, is in its way, or a writer there that makes no pause.',
    )
  }

  /** Called when a checkpoint has emptied the WAL. */
  forgetOthers(): void {
    this.#byOthers = 0
  }

  /** Warns that no checkpoint was possible at all, once for each reason. */
  noteFailure(error: unknown, walSize: number): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (this.#failures.has(reason)) return
    this.#failures.add(reason)
    this.#warn(walSize, `the checkpoint failed: ${reason}`, error instanceof Error ? error.stack : undefined)
  }

  #warn(walSize: number, why: string, detail?: string): void {
    warn(
      'POOLCLASS_WAL_BLOCKED',
      `The WAL of ${this.#file} has ${(walSize / 1024 ** 2).toFixed(1)} MB, and no checkpoint can empty it, because ${why}`,
      detail,
    )
  }
}
