import { ReleasedError } from '../errors/session-errors.ts'
import { nextTurn } from '../waiting/event-loop-turn.ts'

/**
 * Who may use the connection of a session: one statement at a time, in the order in which they were sent. Kysely sends one
 * after the other; who sends several at once has them run so.
 */
export class StatementOrder {
  /** The session goes on behind a transaction, as that of `db.connection()` does. That of `db.transaction()` ends with it. */
  goesOn = false
  #isTaken = false
  /** Who comes next has to be looked at first: some of them are refused, or come too late. */
  #isGuarded = false
  #isOver = false
  /** The command that ends a transaction, while it does. */
  #endedBy: object | undefined
  /** Somebody has come too late for the transaction, or is likely to. */
  #expectsLate = false
  /** Those who came behind the end of a transaction wait for it. */
  #opening: Promise<void> | undefined
  #waiting: Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>[] | undefined

  /**
   * Takes the turn; undefined where there is nothing to wait for.
   *
   * @param what Is to run: a statement, or something else.
   */
  takeTurn(what: object): Promise<void> | undefined {
    if (this.#isGuarded && what !== this.#endedBy) return this.#takeLate(what)
    return this.takeOwnTurn()
  }

  /** As `takeTurn`, for what the session does of its own accord, which never comes too late. */
  takeOwnTurn(): Promise<void> | undefined {
    if (this.#isTaken) return this.#next()
    this.#isTaken = true
    return undefined
  }

  /** A command that ends the transaction, or part of it, is on its way. */
  get isEnding(): boolean {
    return this.#endedBy !== undefined
  }

  /** Hands the turn on. */
  endTurn(): void {
    const next = this.#waiting?.shift()
    if (next === undefined) this.#isTaken = false
    else next.resolve()
  }

  /** The session has ended. */
  get isOver(): boolean {
    return this.#isOver
  }

  throwIfOver(): void {
    if (this.#isOver) throw new ReleasedError()
  }

  /** Refuses those who wait, and all who come. Resolves when the turn that is taken ends; undefined where none is. */
  close(): Promise<void> | undefined {
    this.#isGuarded = true
    this.#isOver = true
    this.#endedBy = undefined
    if (!this.#isTaken) return undefined
    for (const { reject } of this.#waiting?.splice(0) ?? []) reject(new ReleasedError())
    return this.#next()
  }

  /**
   * Refuses all who come but for `command`, which ends a transaction. Resolves when those who came before have had their
   * turns; undefined where there are none.
   *
   * @throws ReleasedError where the session has ended.
   */
  closeFor(command: object): Promise<void> | undefined {
    this.throwIfOver()
    this.#isGuarded = true
    this.#endedBy = command
    return this.#isTaken ? this.#next().then(() => this.endTurn()) : undefined
  }

  /** The next who comes may take longer than usual: one behind a stream does, or one behind an error that is logged. */
  expectLate(): void {
    this.#expectsLate = true
  }

  /**
   * Lets others in again behind `command`.
   *
   * What was sent at once, Kysely holds back, and sends one after the other: the rest of what was sent in a transaction
   * comes after its end, and would be saved on its own. So this waits for as long as the next of them may take to come, and
   * if one has come, until no more come.
   *
   * The next may take any number of steps, because what was aborted in Kysely's line takes some and never comes. Where the
   * session ends with the transaction, its release refuses those. Where it goes on, this waits for the turn of the event loop.
   */
  async reopenAfter(command: object): Promise<void> {
    if (this.goesOn) this.#expectsLate = true
    else await steps(STEPS_TO_THE_NEXT)
    while (this.#expectsLate) {
      this.#expectsLate = false
      // oxlint-disable-next-line no-await-in-loop -- until it was in vain
      await nextTurn()
    }
    if (this.#endedBy !== command) return
    this.#endedBy = undefined
    this.#isGuarded = !this.goesOn
  }

  /** Refuses who comes too late. Where the session may end with its transaction, the first who comes behind that waits to see it. */
  async #takeLate(what: object): Promise<void> {
    if (this.#endedBy !== undefined) {
      this.#expectsLate = true
      throw new ReleasedError('transaction')
    }
    if (!this.#isOver) await (this.#opening ??= nextTurn())
    this.throwIfOver()
    this.goesOn = true
    this.#opening = undefined
    this.#isGuarded = this.#endedBy !== undefined
    await this.takeTurn(what)
  }

  #next(): Promise<void> {
    return new Promise((resolve, reject) => (this.#waiting ??= []).push({ resolve, reject }))
  }
}

/** Waits for so many promises that are settled. Whoever else waits for such takes as many steps meanwhile. */
export async function steps(count: number): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (let step = 0; step < count; step += 1) await undefined
}

/** Kysely takes seven from the end of one statement to the beginning of the next that it held back. */
const STEPS_TO_THE_NEXT = 10
