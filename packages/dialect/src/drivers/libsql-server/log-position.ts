import { DialectConfigError } from '../../errors/config-errors.ts'
import type { Freshness } from '../driver.ts'

/**
 * How far in the primary's log this dialect has seen: each answer tells it, and each statement that sends it back is carried out by
 * a replica that is at least so far.
 */
export class LogPosition implements Freshness {
  readonly #isSent: boolean
  #seen: bigint | undefined

  /** @param isSent Statements send it. */
  constructor(isSent: boolean) {
    this.#isSent = isSent
  }

  get token(): string | undefined {
    return this.#seen?.toString()
  }

  /** What a statement sends. */
  get required(): string | undefined {
    return this.#isSent ? this.token : undefined
  }

  note(index: string | number | null | undefined): void {
    if (index === undefined || index === null) return
    const position = BigInt(index)
    if (this.#seen === undefined || position > this.#seen) this.#seen = position
  }

  readNotBefore(token: string): void {
    if (typeof token === 'string' && /^\d{1,19}$/.test(token)) return this.note(token)
    throw new DialectConfigError(
      'token',
      'A token of freshness is what dialect.freshness of another process was: digits.',
    )
  }
}
