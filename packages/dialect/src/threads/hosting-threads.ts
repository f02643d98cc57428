import type { Opening } from '../connection/opening.ts'
import { HostingThread } from './hosting-thread.ts'
import { ThreadConnection } from './thread-connection.ts'

/** The worker threads of one database. A thread is started when a connection needs one and no other is free of connections. */
export class HostingThreads {
  readonly #count: number
  readonly #name: string
  readonly #creator: string | undefined
  #threads: HostingThread[] = []
  #isEnding = false

  /**
   * @param count How many there may be at once.
   * @param name For debuggers.
   * @param creator The URL of the module that opens the handles; absent where this package does.
   */
  constructor(count: number, name: string, creator: string | undefined) {
    this.#count = count
    this.#name = name
    this.#creator = creator
  }

  /** Opens a connection in the thread that hosts the fewest. */
  async open(opening: Opening, label: string): Promise<ThreadConnection> {
    return await ThreadConnection.open(this.#leastLoaded(), opening, label)
  }

  /** Lets threads stay once they are started. */
  start(): void {
    this.#isEnding = false
  }

  /** Ends the threads, also those that are still to be started: those without connections now, the others with their last one. */
  async end(): Promise<void> {
    this.#isEnding = true
    const threads = this.#threads
    this.#threads = []
    await Promise.all(threads.map((thread) => thread.endWhenEmpty()))
  }

  #leastLoaded(): HostingThread {
    this.#threads = this.#threads.filter((thread) => !thread.ended)
    const least = this.#threads.reduce<HostingThread | undefined>(
      (best, thread) => (best === undefined || thread.connections < best.connections ? thread : best),
      undefined,
    )
    if (least !== undefined && (least.connections === 0 || this.#threads.length === this.#count)) return least
    const started = new HostingThread(this.#name, this.#creator, this.#isEnding)
    this.#threads.push(started)
    return started
  }
}
