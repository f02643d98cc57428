import { DialectConfigError } from '../../errors/config-errors.ts'
import type { Freshness } from '../driver.ts'

/**
 * The latest position in the primary's log that this dialect has seen. Each answer contains a position. If a statement sends the
 * position back, a replica carries the statement out only when it has reached that position.
 */
export class LogPosition implements Freshness {
  readonly #isSent: boolean
  #seen: bigint | undefined

  /** @param isSent Whether statements send the position. */
  constructor(isSent: boolean) {
    this.#isSent = isSent
  }

  get token(): string | undefined {
    return this.#seen?.toString()
  }

  /** The position that a statement sends. */
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
      'The token must be the dialect.freshness of another process, which consists of digits.',
    )
  }
}
