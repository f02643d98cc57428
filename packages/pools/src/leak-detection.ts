import type { Slot } from './connection-record.ts'
import { warnOfLeak, warnOfLeakEnd } from './errors.ts'
import type { PoolableConnection } from './poolable-connection.ts'
import { TimeLimit } from './time-limit.ts'

/** Undefined for the threshold that turns it off. */
export function leakDetection<C extends PoolableConnection>(
  pool: string,
  threshold: number,
): LeakDetection<C> | undefined {
  return threshold === 0 ? undefined : new LeakDetection(pool, threshold)
}

/** Reports each checkout that is out for too long, once, and its end. As HikariCP's leak detection does. */
export class LeakDetection<C extends PoolableConnection> {
  readonly #pool: string
  readonly #limit: TimeLimit<Slot<C>>
  /** Those that were reported and are still out, and since when. */
  readonly #reported: Map<Slot<C>, { readonly label: string; readonly since: number }> = new Map()

  /** @param threshold In milliseconds. */
  constructor(pool: string, threshold: number) {
    this.#pool = pool
    this.#limit = new TimeLimit(threshold, (slot, age) => this.#report(slot, age))
  }

  begin(slot: Slot<C>): void {
    this.#limit.begin(slot)
  }

  end(slot: Slot<C>): void {
    this.#limit.end(slot)
    const reported = this.#reported.get(slot)
    if (reported === undefined) return
    this.#reported.delete(slot)
    warnOfLeakEnd(this.#pool, reported.label, performance.now() - reported.since)
  }

  /** Keeps no timer from the moment on when nothing is out, until the next checkout. */
  rest(): void {
    this.#limit.rest()
  }

  #report(slot: Slot<C>, age: number): void {
    const label = slot.connection?.label ?? 'a connection'
    this.#reported.set(slot, { label, since: performance.now() - age })
    warnOfLeak(this.#pool, label, age, this.#limit.milliseconds, slot.holder)
  }
}
