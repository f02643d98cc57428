/** The running requests of one connection, which can be aborted. */
export class RunningRequests {
  readonly #all: Set<AbortController> = new Set()
  readonly #cancellable: Set<AbortController> = new Set()

  get isRunning(): boolean {
    return this.#all.size > 0
  }

  /** @param cancellable Whether `cancel` ends the request. */
  async run<T>(cancellable: boolean, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    this.#all.add(controller)
    if (cancellable) this.#cancellable.add(controller)
    try {
      return await request(controller.signal)
    } finally {
      this.#all.delete(controller)
      this.#cancellable.delete(controller)
    }
  }

  cancel(reason: Error): void {
    for (const controller of this.#cancellable) controller.abort(reason)
  }

  kill(reason: Error): void {
    for (const controller of this.#all) controller.abort(reason)
  }
}
