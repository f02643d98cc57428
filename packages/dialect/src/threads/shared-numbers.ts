import type { PackedRows } from './packed-rows.ts'
import { Signal, VALUES_PER_PART } from './protocol.ts'

/**
 * Memory for the numbers of one reply, which need not be serialised there. Both threads have one of these over the same memory.
 *
 * Until the calling thread has taken them, the numbers of other replies travel with those.
 */
export class SharedNumbers {
  /** In bytes, with the words of `Signal` before the numbers. */
  static readonly bytes: number = Signal.bytes + VALUES_PER_PART * Float64Array.BYTES_PER_ELEMENT
  readonly numbers: Float64Array
  readonly #signals: Int32Array<SharedArrayBuffer>
  /** How many replies were posted whose numbers are here. */
  #posted = 0

  constructor(signals: Int32Array<SharedArrayBuffer>) {
    this.#signals = signals
    this.numbers = new Float64Array(signals.buffer, Signal.bytes)
  }

  /** The memory, if the calling thread has taken what was there. For the worker. */
  get room(): Float64Array | undefined {
    return Atomics.load(this.#signals, Signal.numbersTaken) === this.#posted ? this.numbers : undefined
  }

  /** For the worker, behind each post of rows. */
  notePosted(rows: PackedRows): void {
    if (areHere(rows)) this.#posted = (this.#posted + 1) | 0
  }

  /** For the calling thread, when it has unpacked rows. */
  noteTaken(rows: PackedRows): void {
    if (areHere(rows)) Atomics.add(this.#signals, Signal.numbersTaken, 1)
  }
}

function areHere(rows: PackedRows): boolean {
  return rows.length === 4 && rows[3] === true
}
