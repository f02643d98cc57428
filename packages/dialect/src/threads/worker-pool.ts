import type { Opening } from '../drivers/local/opening.ts'
import type { SqliteLibrary } from '../drivers/local/sqlite-library.ts'
import { StatementWatch } from './statement-watch.ts'
import { ThreadConnection } from './thread-connection.ts'
import { WorkerClient } from './worker-client.ts'

export interface WorkerPoolOptions {
  /** How many threads there may be at once. */
  readonly count: number
  /** For debuggers. */
  readonly name: string
  /** The URL of the module that opens the handles; undefined where this package does. */
  readonly creator: string | undefined
  /** In milliseconds; 0: none. */
  readonly statementTimeout: number
}

/** The worker threads of one database. A thread is started when a connection needs one and no other is free of connections. */
export class WorkerPool {
  readonly #library: SqliteLibrary
  readonly #count: number
  readonly #name: string
  readonly #creator: string | undefined
  readonly #statements: StatementWatch | undefined
  /** All of which something is left, those that were killed included. */
  readonly #workers: Set<WorkerClient> = new Set()
  #isEnding = false

  /** @param library What opens the connections. */
  constructor(library: SqliteLibrary, { count, name, creator, statementTimeout }: WorkerPoolOptions) {
    this.#library = library
    this.#count = count
    this.#name = name
    this.#creator = creator
    if (statementTimeout > 0) this.#statements = new StatementWatch(statementTimeout)
  }

  /** Opens a connection in a thread that has none; where each has one, in one that is not at something long, and of these where the fewest are. */
  async open(opening: Opening, label: string): Promise<ThreadConnection> {
    const worker = this.#leastLoaded()
    const opened = ThreadConnection.open(worker, opening, label, this)
    if (this.#isEnding) worker.endWithLast()
    return await opened
  }

  /** A thread that is not at something long, or can be started. */
  get hasFreeOne(): boolean {
    if (this.#workers.size < this.#count) return true
    for (const worker of this.#workers) if (!worker.isHeldUp) return true
    return false
  }

  /** Lets threads stay once they are started. */
  start(): void {
    this.#isEnding = false
  }

  /**
   * Ends the threads, also those that are still to be started: those without connections now, the others with their last one.
   *
   * Resolves when nothing runs in them any more, not even in those that were killed.
   */
  async end(): Promise<void> {
    this.#isEnding = true
    this.#statements?.rest()
    await Promise.all(Array.from(this.#workers, (worker) => worker.endWhenEmpty()))
  }

  #leastLoaded(): WorkerClient {
    const usable = [...this.#workers].filter(({ ended, isToEnd }) => !ended && !isToEnd)
    const least = usable.toSorted(byLoad)[0]
    if (least !== undefined && (least.connections === 0 || usable.length === this.#count)) return least
    const started = new WorkerClient(this.#library, {
      name: this.#name,
      creator: this.#creator,
      statements: this.#statements,
      onExit: () => this.#workers.delete(started),
    })
    this.#workers.add(started)
    return started
  }
}

function byLoad(one: WorkerClient, other: WorkerClient): number {
  const hasPlace = Number(other.connections === 0) - Number(one.connections === 0)
  return hasPlace || Number(one.isHeldUp) - Number(other.isHeldUp) || one.connections - other.connections
}
