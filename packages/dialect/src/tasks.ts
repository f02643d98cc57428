/** What the dialect does besides queries, and what ends with its database. */
export class Tasks {
  readonly #running: Map<Promise<unknown>, AbortController> = new Map()

  /** @param task Ends soon after its signal has fired, and leaves nothing behind. */
  async run<T>(task: (ended: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    const running = task(controller.signal)
    this.#running.set(running, controller)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  /** Resolves when all have ended. */
  async end(reason: unknown): Promise<void> {
    for (const controller of this.#running.values()) controller.abort(reason)
    await Promise.allSettled(this.#running.keys())
  }
}
