import { ReleasedError } from '../errors/session-errors.ts'
import { nextTurn } from '../waiting/event-loop-turn.ts'

/**
 * The order in which statements use the connection of a session: one at a time, in the order in which they were sent. Kysely
 * sends one after the other. Statements that a user sends at the same time run one after the other too.
 */
export class StatementOrder {
  /**
   * The session continues after a transaction, as that of `db.connection()` does. That of `db.transaction()` ends with its
   * transaction.
   */
  goesOn = false
  #isTaken = false
  /** Each new statement has to be checked first, because some are refused or come too late. */
  #isGuarded = false
  #isOver = false
  /** The command that is ending a transaction, or part of it. */
  #endedBy: object | undefined
  /** A statement has come too late for the transaction, or is likely to. */
  #expectsLate = false
  /** Statements that came after the end of a transaction wait for this. */
  #opening: Promise<void> | undefined
  #waiting: Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>[] | undefined

  /**
   * Takes the turn; undefined if there is nothing to wait for.
   *
   * @param what The thing that runs in this turn: a statement, or something else.
   */
  takeTurn(what: object): Promise<void> | undefined {
    if (this.#isGuarded && what !== this.#endedBy) return this.#takeLate(what)
    return this.takeOwnTurn()
  }

  /** As `takeTurn`, for what the session does by itself. That never comes too late. */
  takeOwnTurn(): Promise<void> | undefined {
    if (this.#isTaken) return this.#next()
    this.#isTaken = true
    return undefined
  }

  /** Something runs, or is on its way. */
  get isTaken(): boolean {
    return this.#isTaken
  }

  /** The session begins anew. No turn is taken. */
  reopen(): void {
    this.#isGuarded = false
    this.#isOver = false
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

  /** Refuses all statements that wait or come later. Resolves when the current turn ends; undefined if there is none. */
  close(): Promise<void> | undefined {
    this.#isGuarded = true
    this.#isOver = true
    this.#endedBy = undefined
    if (!this.#isTaken) return undefined
    for (const { reject } of this.#waiting?.splice(0) ?? []) reject(new ReleasedError())
    return this.#next()
  }

  /**
   * Refuses all new statements except `command`, which ends a transaction. Resolves when the earlier statements have had
   * their turns; undefined if there are none.
   *
   * @throws ReleasedError if the session has ended.
   */
  closeFor(command: object): Promise<void> | undefined {
    this.throwIfOver()
    this.#isGuarded = true
    this.#endedBy = command
    return this.#isTaken ? this.#next().then(() => this.endTurn()) : undefined
  }

  /** The next statement may take longer than usual to come. One after a stream does, and one after an error that is logged. */
  expectLate(): void {
    this.#expectsLate = true
  }

  /**
   * Accepts other statements again after `command`.
   *
   * Kysely holds back statements that were sent at the same time, and sends one after the other. If they were sent in a
   * transaction, the rest comes after its end, and each would be saved on its own. So this waits for as long as the next of
   * them may take to come. If one has come, it waits until no more come.
   *
   * The next one may take any number of steps, because a statement that was aborted in Kysely's queue takes some steps and
   * never comes. If the session ends with the transaction, its release refuses these statements. If the session continues,
   * this waits for the turn of the event loop.
   */
  async reopenAfter(command: object): Promise<void> {
    if (this.goesOn) this.#expectsLate = true
    // oxlint-disable-next-line no-await-in-loop -- as `steps`, without a promise of its own
    else for (let step = 0; step < STEPS_TO_THE_NEXT; step += 1) await undefined
    while (this.#expectsLate) {
      this.#expectsLate = false
      // oxlint-disable-next-line no-await-in-loop -- until it was in vain
      await nextTurn()
    }
    if (this.#endedBy !== command) return
    this.#endedBy = undefined
    this.#isGuarded = !this.goesOn
  }

  /**
   * Refuses statements that come too late. If the session may end with its transaction, the first statement after the
   * transaction waits to see whether it does.
   */
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

/** Waits for `count` settled promises. Other code that waits for settled promises takes as many steps meanwhile. */
export async function steps(count: number): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (let step = 0; step < count; step += 1) await undefined
}

/** Kysely takes seven steps from the end of one statement to the beginning of the next one that it held back. */
const STEPS_TO_THE_NEXT = 10
