import type { Endpoint } from './endpoint.ts'

interface Replica {
  readonly endpoint: Endpoint
  /** When it is tried again, by `performance.now()`. */
  restsUntil: number
  /** In milliseconds. */
  nextRest: number
}

/** The copies of a server's database, from which those that answer are read in turn. */
export class Replicas {
  readonly #all: readonly Replica[]
  #turn = 0

  constructor(endpoints: readonly Endpoint[]) {
    this.#all = endpoints.map((endpoint) => ({ endpoint, restsUntil: 0, nextRest: FIRST_REST }))
  }

  /** The next one; undefined where there is none, or none that has answered of late. */
  next(): Endpoint | undefined {
    if (this.#all.length === 0) return undefined
    const now = performance.now()
    for (const _ of this.#all) {
      this.#turn = (this.#turn + 1) % this.#all.length
      const replica = this.#all[this.#turn]!
      if (replica.restsUntil <= now) return replica.endpoint
    }
    return undefined
  }

  /** Leaves one out for a while that has not answered, for longer each time. */
  leaveOut(endpoint: Endpoint): void {
    const replica = this.#of(endpoint)
    const now = performance.now()
    // Others may have been under way to it at the same time.
    if (replica.restsUntil > now) return
    replica.restsUntil = now + replica.nextRest
    replica.nextRest = Math.min(replica.nextRest * 2, LONGEST_REST)
  }

  noteAnswer(endpoint: Endpoint): void {
    this.#of(endpoint).nextRest = FIRST_REST
  }

  begin(): void {
    for (const { endpoint } of this.#all) endpoint.begin()
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map(({ endpoint }) => endpoint.end()))
  }

  #of(endpoint: Endpoint): Replica {
    return this.#all.find((replica) => replica.endpoint === endpoint)!
  }
}

/** Milliseconds. */
const FIRST_REST = 500
const LONGEST_REST = 30_000
