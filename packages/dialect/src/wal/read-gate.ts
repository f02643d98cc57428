import { clearTimeout, setTimeout } from 'node:timers'
import { Wait } from '../waiting/wait.ts'

/** Keeps new reads waiting for a moment, so that those that run come to an end. */
export class ReadGate {
  readonly #waiting: Set<Wait> = new Set()
  #isShut = false
  #holdsAll = false
  #timer: NodeJS.Timeout | undefined

  /** New streams and read transactions wait. Who holds on to a stream or a transaction never has to: it would never end. */
  get isShut(): boolean {
    return this.#isShut
  }

  /** All that reads waits: nobody holds on to anything that would wait for it. */
  get holdsAll(): boolean {
    return this.#holdsAll
  }

  /** @param longest It opens by itself after so many milliseconds. */
  shut(longest: number): void {
    this.#isShut = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.open, longest)
  }

  /** Holds short reads, too, unless it is open again by now. */
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

  /** Resolves when it opens; rejects with the signal's reason. */
  pass(signal?: AbortSignal): Promise<void> {
    const wait: Wait = new Wait(signal, () => this.#waiting.delete(wait))
    this.#waiting.add(wait)
    return wait.over
  }
}
