/** Who takes part, alone in a process. */
export interface Entrant {
  /**
   * Does it so many times and throws if a result is wrong. It is timed, unless it returns a measurement of its own:
   * nanoseconds, or bytes, for one time.
   */
  run(times: number): Promise<number | void> | void
  /** Checks what was done since the last time, and puts everything back. Not timed. */
  reset?(done: number): Promise<void>
  close(): Promise<void>
  readonly batch?: Batch
}

export interface Batch {
  /** `run` is told multiples of it. Default is 1. */
  readonly step?: number
  /** The most between two resets. Default is 20,000. */
  readonly most?: number
}

/** Where an entrant comes from: data that can be sent to a process. */
export interface Entry {
  readonly id: string
  /** The URL of a module that exports an `Enter` by the name `enter`. */
  readonly module: string
  readonly data: unknown
  /** Whether each round takes a new process, which does it once: for what only a new process shows. */
  readonly isFresh?: boolean
}

/** Makes an entrant ready. What it opens, it opens in `folder`, which is its own and empty. */
export type Enter = (data: never, folder: string) => Promise<Entrant>

export type Request = { readonly do: 'warm up'; readonly ms: number } | { readonly do: 'run' }
export type Reply = { readonly value: number } | { readonly cannot: string }
