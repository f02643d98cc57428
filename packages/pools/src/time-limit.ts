/**
 * Finds what goes on for longer than it should.
 *
 * One timer serves all, and runs only while something goes on, because a timer for each would cost as much as a checkout. It
 * keeps no process alive.
 */
export class TimeLimit<T extends object> {
  /** How long it may go on. */
  readonly milliseconds: number
  readonly #onOver: (what: T, age: number) => void
  /** When each began, the oldest first. */
  readonly #since: Map<T, number> = new Map()
  #timer: NodeJS.Timeout | undefined
  #isToRest = false

  /** @param onOver Called once for what is older, with its age in milliseconds. It must not throw. */
  constructor(milliseconds: number, onOver: (what: T, age: number) => void) {
    this.milliseconds = milliseconds
    this.#onOver = onOver
  }

  begin(what: T): void {
    this.#isToRest = false
    this.#since.set(what, performance.now())
    if (this.#timer === undefined) this.#lookIn(this.milliseconds)
  }

  end(what: T): void {
    this.#since.delete(what)
    if (this.#isToRest) this.rest()
  }

  /** Keeps no timer from the moment on when nothing goes on, until something begins. */
  rest(): void {
    this.#isToRest = true
    if (this.#since.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #lookIn(delay: number): void {
    this.#timer = setTimeout(this.#look, Math.ceil(delay)).unref()
  }

  readonly #look = (): void => {
    this.#timer = undefined
    const now = performance.now()
    for (const [what, since] of this.#since) {
      const age = now - since
      if (age < this.milliseconds) return this.#lookIn(this.milliseconds - age)
      this.#since.delete(what)
      this.#onOver(what, age)
    }
  }
}
