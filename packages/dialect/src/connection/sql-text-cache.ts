interface Entry<V> {
  readonly sql: string
  readonly value: V
  readonly weight: number
  used: boolean
}

/**
 * Remembers what is known of an SQL text, up to a number of texts and up to a sum of their weights.
 *
 * Least recently used by second chance (the clock algorithm): a hit only sets a flag, and eviction passes over
 * what was hit since it last came by. Moving an entry to the end of the map at every hit, as an exact LRU does,
 * costs more than the rest of the look-up.
 */
export class SqlTextCache<V> {
  readonly #capacity: number
  readonly #heaviest: number
  readonly #entries: Map<string, Entry<V>> = new Map()
  /** The last hit, because the next one is often for the same string. */
  #last: Entry<V> | undefined
  #weight = 0

  /**
   * @param capacity How many texts are kept; 0 keeps none.
   * @param heaviest What all of them may weigh together. A text that takes a quarter of it is not kept: it is a bulk
   *   statement, perhaps used once, and would push out many.
   */
  constructor(capacity: number, heaviest: number = LONGEST) {
    this.#capacity = capacity
    this.#heaviest = heaviest
  }

  get size(): number {
    return this.#entries.size
  }

  get(sql: string): V | undefined {
    let entry = this.#last
    if (entry?.sql !== sql) {
      entry = this.#entries.get(sql)
      if (entry === undefined) return undefined
      this.#last = entry
    }
    entry.used = true
    return entry.value
  }

  /** @param weight Default is the length of the text. */
  set(sql: string, value: V, weight: number = sql.length): void {
    this.#delete(sql)
    if (this.#capacity === 0 || weight >= this.#heaviest / 4) return
    while (this.#entries.size >= this.#capacity || this.#weight + weight > this.#heaviest) this.#evict()
    this.#entries.set(sql, { sql, value, weight, used: false })
    this.#weight += weight
  }

  clear(): void {
    this.#entries.clear()
    this.#last = undefined
    this.#weight = 0
  }

  #delete(sql: string): void {
    this.#weight -= this.#entries.get(sql)?.weight ?? 0
    this.#entries.delete(sql)
    this.#last = undefined
  }

  #evict(): void {
    for (const [sql, entry] of this.#entries) {
      this.#delete(sql)
      if (!entry.used) return
      entry.used = false
      this.#entries.set(sql, entry)
      this.#weight += entry.weight
    }
  }
}

/** In UTF-16 units, of all texts together. */
const LONGEST = 2_000_000
