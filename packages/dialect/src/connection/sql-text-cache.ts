interface Entry<V> {
  readonly value: V
  used: boolean
}

/**
 * Remembers what is known of an SQL text, up to a number of texts.
 *
 * Least recently used by second chance (the clock algorithm): a hit only sets a flag, and eviction passes over
 * what was hit since it last came by. Moving an entry to the end of the map at every hit, as an exact LRU does,
 * costs more than the rest of the look-up.
 */
export class SqlTextCache<V> {
  readonly #capacity: number
  readonly #entries: Map<string, Entry<V>> = new Map()

  /** @param capacity How many texts are kept; 0 keeps none. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#entries.size
  }

  get(sql: string): V | undefined {
    const entry = this.#entries.get(sql)
    if (entry === undefined) return undefined
    entry.used = true
    return entry.value
  }

  set(sql: string, value: V): void {
    if (this.#capacity === 0 || sql.length > LONGEST_TEXT) return
    if (this.#entries.size >= this.#capacity && !this.#entries.has(sql)) this.#evict()
    this.#entries.set(sql, { value, used: false })
  }

  clear(): void {
    this.#entries.clear()
  }

  #evict(): void {
    for (const [sql, entry] of this.#entries) {
      this.#entries.delete(sql)
      if (!entry.used) return
      entry.used = false
      this.#entries.set(sql, entry)
    }
  }
}

/** Longer texts, in UTF-16 units, are one-off bulk statements: keeping them costs more memory than it saves time. */
const LONGEST_TEXT = 100_000
