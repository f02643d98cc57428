import { clearTimeout, setTimeout } from '../clock.ts'
import type { Connection } from '../connection/connection.ts'
import { Wait } from '../waiting/wait.ts'

/** Makes new reads wait for a moment while the open ones end. */
export class ReadGate {
  readonly #waiting: Set<Wait> = new Set()
  #isShut = false
  #holdsAll = false
  #timer: NodeJS.Timeout | undefined

  /**
   * New streams and read transactions wait. A session with an open stream or transaction must not wait, because the checkpoint
   * waits for the end of that stream or transaction.
   */
  get isShut(): boolean {
    return this.#isShut
  }

  /** Every read waits. No stream or transaction is open that would wait for such a read. */
  get holdsAll(): boolean {
    return this.#holdsAll
  }

  /** @param longest After this many milliseconds, the gate opens by itself. */
  shut(longest: number): void {
    this.#isShut = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.open, longest)
  }

  /** Makes short reads wait, too, unless the gate is open again by now. */
  shutForAll(): void {
    this.#holdsAll = this.#isShut
  }

  readonly open = (): void => {
    this.#isShut = false
    this.#holdsAll = false
    clearTimeout(this.#timer)
    for (const wait of this.#waiting) wait.end()
    this.#waiting.clear()
  }

  /** Resolves when the gate opens. Rejects with the signal's reason. */
  pass(signal?: AbortSignal): Promise<void> {
    const wait: Wait = new Wait(signal, () => this.#waiting.delete(wait))
    this.#waiting.add(wait)
    return wait.over
  }
}

/** Whether a checkpoint waits for the stream or the transaction on this connection. */
export function isOpenReader({ isReading, inTransaction }: Connection): boolean {
  return isReading || inTransaction
}
