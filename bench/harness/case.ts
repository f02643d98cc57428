export const PLACES = ['memory', 'shared memory', 'WAL file', 'file'] as const
export type Place = (typeof PLACES)[number]
/** A column of a case: a place, or a value of what it varies. */
export type Column = Place | number

/** Something that contestants do side by side. The document says what it is. */
export interface Case {
  readonly name: string
  /** Of the figures. Default is nanoseconds, for one operation. */
  readonly unit?: 'nanoseconds' | 'bytes'
  /** Default is all of the comparison. */
  readonly contestants?: readonly string[]
  /** Default is every place. */
  readonly columns?: readonly Column[]
  /** What the columns are, where they are not places. */
  readonly varied?: { readonly title: string; readonly scale: 'linear' | 'log' }
  readonly goals?: readonly Goal[]
  /**
   * Milliseconds for each contestant before the first round, at least. It goes on until 20,000 runs, or for two seconds. Default is
   * 200, and 1500 where something is varied.
   */
  readonly warmUp?: number
  /** Whether each round takes a new process, which does it once: for what only a new process shows. */
  readonly isFresh?: boolean
  /** Makes a contestant ready, alone in its process, whose folder is its own. It need not close anything: the process ends. */
  start(seat: Seat): Promise<Work>
}

/** What is wanted of a contestant: `atLeast` so many times as fast as the rival, `atMost` so many times as long or as much. */
export interface Goal {
  readonly at: readonly Column[]
  readonly contestant: string
  /** Absent where `atMost` is about the figure itself. */
  readonly rival?: string
  /** Where the rival is, if not in the same column. */
  readonly rivalAt?: Column
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Seat {
  readonly contestant: string
  readonly column: Column
}

export interface Work<Result = unknown> {
  /** Does it for the nth time since the last reset. */
  run(n: number): Result | Promise<Result>
  /** Whether `run` returns the figure, in the unit of the case, instead of being timed. */
  readonly measures?: boolean
  /** Throws if the result is wrong. */
  check?(result: Result, n: number): void
  /** Checks what was done since the last reset, and puts everything back. Not timed. */
  reset?(done: number): Promise<void>
  /** How many operations one run is. Default is 1. */
  readonly operations?: number
  /** How many runs are under way at once. Default is 1. */
  readonly tasks?: number
  /** The most runs between two resets. Default is 20,000. */
  readonly most?: number
}
