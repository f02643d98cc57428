import type { Endpoint } from './endpoint.ts'

interface Replica {
  readonly endpoint: Endpoint
  /** When it is tried again, on the clock of `performance.now()`. */
  restsUntil: number
  /** How long it is left out after its next failure, in milliseconds. */
  nextRest: number
}

/** The copies of a server's database. Reads go in turn to the copies that answer. */
export class Replicas {
  readonly #all: readonly Replica[]
  #turn = 0

  constructor(endpoints: readonly Endpoint[]) {
    this.#all = endpoints.map((endpoint) => ({ endpoint, restsUntil: 0, nextRest: FIRST_REST }))
  }

  /** The next replica; undefined if there is none, or if all of them are left out for now. */
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

  /**
   * Leaves out a replica that has not answered. It stays out for longer each time.
   *
   * @param atLeast The pause that the replica asks for, in milliseconds.
   */
  leaveOut(endpoint: Endpoint, atLeast: number = 0): void {
    const replica = this.#of(endpoint)
    const now = performance.now()
    // Failures of requests that ran at the same time count once.
    if (replica.restsUntil > now) return
    replica.restsUntil = now + Math.max(replica.nextRest, atLeast)
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
