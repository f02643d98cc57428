import type { CopyProgress, Copying } from '../connection/connection.ts'

/** How far a copy is, and that it is to end: words of memory that both threads see. */
export class CopyWords {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array<SharedArrayBuffer>
  #isOver = false

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(Word.bytes)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
  }

  get cancelled(): boolean {
    return Atomics.load(this.#words, Word.cancelled) !== 0
  }

  cancel(): void {
    Atomics.store(this.#words, Word.cancelled, 1)
  }

  /** Notes a step, and wakes the thread that waits for it. */
  note({ totalPages, remainingPages }: CopyProgress): void {
    Atomics.store(this.#words, Word.totalPages, totalPages)
    Atomics.store(this.#words, Word.remainingPages, remainingPages)
    this.#wake()
  }

  /** No step follows. This thread's side knows it by itself. */
  end(): void {
    this.#isOver = true
    this.#wake()
  }

  get over(): boolean {
    return this.#isOver
  }

  /** Resolves after a step that was noted since `steps` was read. */
  async step(steps: number): Promise<void> {
    await Atomics.waitAsync(this.#words, Word.steps, steps).value
  }

  get steps(): number {
    return Atomics.load(this.#words, Word.steps)
  }

  /** A count of pages has 32 bits, https://www.sqlite.org/limits.html#max_page_count */
  get progress(): CopyProgress {
    return {
      totalPages: Atomics.load(this.#words, Word.totalPages) >>> 0,
      remainingPages: Atomics.load(this.#words, Word.remainingPages) >>> 0,
    }
  }

  #wake(): void {
    Atomics.add(this.#words, Word.steps, 1)
    Atomics.notify(this.#words, Word.steps)
  }
}

const Word = { cancelled: 0, steps: 1, totalPages: 2, remainingPages: 3, bytes: 16 } as const

/**
 * Calls back after the steps of a copy that another thread makes, until it is over.
 *
 * @param copied Settled when it is.
 */
export async function followCopy(
  words: CopyWords,
  copied: Promise<unknown>,
  onStep: Copying['onStep'],
): Promise<void> {
  const end = (): void => words.end()
  const over = copied.then(end, end)
  try {
    for (let steps = 0; !words.over; steps = words.steps) {
      // oxlint-disable-next-line no-await-in-loop -- step by step
      await words.step(steps)
      const { progress } = words
      if (!words.over && progress.remainingPages > 0) onStep(progress)
    }
  } catch (error) {
    words.cancel()
    await over
    throw error
  }
  await copied
  onStep(words.progress)
}
