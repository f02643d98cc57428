/** One operation, done by several contestants on the same data. */
export interface Trial {
  readonly name: string
  /** How often each contestant does it between two resets, a multiple of five. The same for all, so that what they write stays equal. */
  readonly batch: number
  /** How often each contestant runs its batch in a round. Default is 12: less is for batches that take long. */
  readonly runs?: number
  /** Default is the time. */
  readonly measured?: Measured
  readonly contestants: Readonly<Record<string, Contestant>>
  readonly bounds: readonly Bound[]
}

/** The time per operation, or the longest time within a batch in which the event loop did not turn. */
export type Measured = 'time' | 'event-loop delay'

/** Makes a contestant ready. What it opens, it opens in `folder`, which is its own and empty. */
export type Contestant = (folder: string) => Promise<Entrant>

export interface Entrant {
  /** Does it so many times and throws if the outcome is wrong. This is what is timed. */
  run(times: number): Promise<void>
  /** Puts everything back as it was. After each batch, not timed. */
  reset?(): Promise<void>
  close(): Promise<void>
}

/** What is wanted of `subject`. */
export interface Bound {
  readonly subject: string
  /** Whom it is compared with; absent where the time itself is bounded. */
  readonly rival?: string
  readonly wanted: Wanted
}

export type Wanted =
  /** The rival's time divided by the subject's: how many times as fast it is. */
  | { readonly speed: number }
  /** The subject's time divided by the rival's. */
  | { readonly time: number }
  /** The subject's time per operation, or what else is measured, in nanoseconds. */
  | { readonly nanoseconds: number }
  /** Nothing: the speed is shown for information. */
  | 'nothing'
