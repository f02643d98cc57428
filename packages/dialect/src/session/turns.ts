import { ReleasedError } from '../errors.ts'

/**
 * Who may use the connection of a session: one statement at a time, in the order in which they were sent. Kysely sends one
 * after the other; who sends several at once has them run so.
 */
export class Turns {
  #isTaken = false
  #isOver = false
  #waiting: Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>[] | undefined

  /** Takes the turn; undefined where there is nothing to wait for. */
  take(): Promise<void> | undefined {
    if (this.#isOver) return Promise.reject(new ReleasedError())
    if (this.#isTaken) return this.#next()
    this.#isTaken = true
    return undefined
  }

  /** Hands the turn on. */
  end(): void {
    const next = this.#waiting?.shift()
    if (next === undefined) this.#isTaken = false
    else next.resolve()
  }

  /** Refuses those who wait, and all who come. Resolves when the turn that is taken ends; undefined where none is. */
  close(): Promise<void> | undefined {
    this.#isOver = true
    if (!this.#isTaken) return undefined
    for (const { reject } of this.#waiting?.splice(0) ?? []) reject(new ReleasedError())
    return this.#next()
  }

  #next(): Promise<void> {
    return new Promise((resolve, reject) => (this.#waiting ??= []).push({ resolve, reject }))
  }
}
