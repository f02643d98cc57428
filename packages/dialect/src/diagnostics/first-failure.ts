import { warn, type WarningCode } from '../warn.ts'

/**
 * Takes what a listener throws, and warns of the first time. Node.js ends the process if a channel's listener throws, and no
 * report of a query may end the program that has sent the query.
 */
export class FirstFailure {
  readonly #code: WarningCode
  /** What the warning says before the reason. */
  readonly #what: string
  #isReported = false

  constructor(code: WarningCode, what: string) {
    this.#code = code
    this.#what = what
  }

  note(error: unknown): void {
    if (this.#isReported) return
    this.#isReported = true
    const [reason, detail] = error instanceof Error ? [error.message, error.stack] : [String(error)]
    warn(this.#code, `${this.#what}: ${reason}`, detail)
  }
}
