import type { ConnectOptions } from './connect-options.ts'
import { type ConnectionRecord, type Slot, slotOf } from './connection-record.ts'
import type { PoolableConnection } from './poolable-connection.ts'
import { WaitLine } from './wait-line.ts'

/** Where a checkout that waits gets its slot from, and its error. */
export interface SlotSource<C extends PoolableConnection> {
  /** In milliseconds. */
  readonly timeout: number
  /** A free slot, if there is one. */
  lend(): ConnectionRecord<C> | undefined
  /** @param waited In milliseconds. */
  timedOut(waited: number): Error
}

/** The checkouts that wait for a slot, first come, first served. */
export class CheckoutLine<C extends PoolableConnection> {
  readonly #source: SlotSource<C>
  readonly #waits = new WaitLine<Slot<C>>()

  constructor(source: SlotSource<C>) {
    this.#source = source
  }

  get length(): number {
    return this.#waits.length
  }

  /** Waits for a slot, which is out from then on. */
  async join(options?: ConnectOptions): Promise<Slot<C>> {
    const { timeout } = this.#source
    if (timeout === 0) throw this.#source.timedOut(0)
    const since = performance.now()
    const { promise: turn, leave } = this.#waits.join(timeout, options?.signal)
    try {
      options?.onWait?.(leave)
    } catch (error) {
      leave(error)
    }
    // onWait may have freed what was waited for.
    this.serve()
    const slot = await turn
    // Made here, the error shows who waited.
    if (slot === undefined) throw this.#source.timedOut(Math.round(performance.now() - since))
    return slot
  }

  /** Serves waiting checkouts as long as there are slots. */
  serve(): void {
    while (this.#waits.length > 0) {
      try {
        const lent = this.#source.lend()
        if (lent === undefined) return
        const slot = slotOf(lent)
        slot.isOut = true
        this.#waits.serve(slot)
      } catch (error) {
        this.#waits.fail(error)
      }
    }
  }
}
