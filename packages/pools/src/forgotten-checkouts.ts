import type { PoolableConnection } from './poolable-connection.ts'
import { type Slot, SlotKey } from './connection-record.ts'

/**
 * Finds checkouts that no code can give back any more.
 *
 * The garbage collector reports the objects that are registered with it, but to register each checkout would cost as
 * much as the checkout. So each slot has one key, registered once. The checkout holds the key while the slot is out. If the
 * garbage collector takes a key, its checkout was lost with it.
 */
export class ForgottenCheckouts<C extends PoolableConnection> {
  readonly #registry: FinalizationRegistry<Slot<C>>

  /** @param found Called with the slot of a checkout that was forgotten. */
  constructor(found: (slot: Slot<C>) => void) {
    this.#registry = new FinalizationRegistry(found)
  }

  /** The key of a slot, for its borrower. */
  takeKey(slot: Slot<C>): SlotKey<C> {
    const { key } = slot
    if (key === undefined) return this.#newKey(slot)
    slot.key = undefined
    return key
  }

  /** The pool gives the slot up. Its key, which lies in it, would else keep it in memory. */
  dropKey(slot: Slot<C>): void {
    if (slot.key === undefined) return
    this.#registry.unregister(slot.key)
    slot.key = undefined
  }

  #newKey(slot: Slot<C>): SlotKey<C> {
    const key = new SlotKey(slot)
    this.#registry.register(key, slot, key)
    return key
  }
}
