import type { PoolOfMessage } from '@poolclass/pools'

/**
 * The pools that were seen, each with a name of its own: its `poolName`, or else that of its database, or of its class. The
 * conventions want names that are unique, so the second pool of a name gets a number. A pool is not kept in memory for it.
 */
export class PoolNames {
  readonly #names: WeakMap<PoolOfMessage, string> = new WeakMap()
  readonly #pools: Map<string, WeakRef<PoolOfMessage>> = new Map()

  /** @param database What the pool is called where it has no name. */
  note(pool: PoolOfMessage, database?: string): void {
    if (this.#names.has(pool)) return
    const wanted = pool.name ?? database ?? pool.status().poolclass
    let name = wanted
    for (let number = 2; this.#isTaken(name); number += 1) name = `${wanted}-${number}`
    this.#names.set(pool, name)
    this.#pools.set(name, new WeakRef(pool))
  }

  of(pool: PoolOfMessage): string {
    this.note(pool)
    return this.#names.get(pool)!
  }

  *pools(): Iterable<PoolOfMessage> {
    for (const [name, reference] of this.#pools) {
      const pool = reference.deref()
      if (pool === undefined) this.#pools.delete(name)
      else yield pool
    }
  }

  #isTaken(name: string): boolean {
    return this.#pools.get(name)?.deref() !== undefined
  }
}
