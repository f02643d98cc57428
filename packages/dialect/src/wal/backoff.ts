/** Says when a checkpoint may make others wait again, after they waited for nothing. All times are in milliseconds. */
export class CheckpointBackoff {
  /** How many times in a row readers waited for nothing. */
  #failures = 0
  /** These are on the clock of `performance.now()`. */
  #sparesReadersUntil = 0
  #sparesWritersUntil = 0
  #givesUpUntil = 0

  /** No reader is made to wait now. */
  get sparesReaders(): boolean {
    return performance.now() < this.#sparesReadersUntil
  }

  /** No writer is made to wait now. */
  get sparesWriters(): boolean {
    return performance.now() < this.#sparesWritersUntil
  }

  /** No checkpoint is tried now, because the last one was not possible at all. */
  get givesUp(): boolean {
    return performance.now() < this.#givesUpUntil
  }

  /** The WAL has been emptied. */
  noteSuccess(): void {
    this.#failures = 0
  }

  /** @param cost How long writers waited for nothing. */
  spareWriters(cost: number): void {
    this.#sparesWritersUntil = performance.now() + WRITERS_REST * cost
  }

  /** @param cost How long readers waited for nothing. The longer and the more often they did, the longer they are spared. */
  spareReaders(cost: number): void {
    this.#failures += 1
    const rest = cost * 2 ** Math.min(this.#failures, MOST_DOUBLINGS)
    // The random part keeps processes that were in each other's way from trying again at the same time.
    this.#sparesReadersUntil = performance.now() + rest * (1 + Math.random() / 2)
  }

  giveUp(): void {
    this.spareReaders(FAILED)
    this.#givesUpUntil = this.#sparesReadersUntil
  }
}

/** Writers are spared for this many times as long as they waited. */
const WRITERS_REST = 10
const MOST_DOUBLINGS = 4
const FAILED = 1000
