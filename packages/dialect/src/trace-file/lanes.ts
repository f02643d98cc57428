/** A row of the picture: `pid` is the pool, `tid` the lane in it. */
export interface Lane {
  readonly pid: number
  readonly tid: number
}

/** The lanes of one pool: one for each connection, and as many for a line as wait in it at the same time. */
export class Lanes {
  readonly #pid: number
  readonly #write: (event: object) => void
  readonly #named: Map<string, number> = new Map()
  /** Until when each lane of a line is taken, on the clock of `performance.now()`. */
  readonly #lines: Map<string, number[]> = new Map()
  #count = 0

  constructor(pid: number, name: string, write: (event: object) => void) {
    this.#pid = pid
    this.#write = write
    write({ ph: 'M', name: 'process_name', pid, tid: 0, args: { name } })
  }

  named(name: string, order: number = CONNECTIONS): Lane {
    let tid = this.#named.get(name)
    if (tid === undefined) {
      this.#count += 1
      tid = this.#count
      this.#named.set(name, tid)
      const lane = { ph: 'M', pid: this.#pid, tid }
      this.#write({ ...lane, name: 'thread_name', args: { name } })
      this.#write({ ...lane, name: 'thread_sort_index', args: { sort_index: order + tid } })
    }
    return { pid: this.#pid, tid }
  }

  /** A lane of a line without another wait at that time. */
  inLine(name: string, start: number, end: number): Lane {
    const taken = this.#lines.get(name) ?? []
    this.#lines.set(name, taken)
    const free = taken.findIndex((until) => until <= start)
    const place = free === -1 ? taken.length : free
    taken[place] = end
    return this.named(place === 0 ? name : `${name} ${place + 1}`, LINES)
  }
}

/** The lines are above the connections. */
const LINES = 0
const CONNECTIONS = 10_000
