import { beginsTransaction } from '../connection/first-keyword.ts'
import type { Engine } from '../engine.ts'
import { isOpenReader, type ReadGate } from '../wal/read-gate.ts'
import type { Checkout } from './checkout.ts'
import type { TurnToWrite } from './turn-to-write.ts'
import type { Waits } from './waits.ts'

/** How a session waits at the gate while a checkpoint of the WAL holds readers back. */
export class TurnToRead {
  readonly #engine: Engine
  readonly #checkout: Checkout
  readonly #turnToWrite: TurnToWrite
  readonly #waits: Waits

  constructor(engine: Engine, checkout: Checkout, turnToWrite: TurnToWrite, waits: Waits) {
    this.#engine = engine
    this.#checkout = checkout
    this.#turnToWrite = turnToWrite
    this.#waits = waits
  }

  /**
   * Waits before a statement while the gate is shut; undefined if it need not wait. Called when the statement has its
   * connection, because no checkpoint may begin between this call and the statement.
   */
  passBefore(gate: ReadGate, sql: string, signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.#turnToWrite.isTaken) return undefined
    const isHeld = gate.holdsAll || this.#engine.writeQueue === undefined || beginsTransaction(sql)
    return isHeld ? this.pass(gate, signal) : undefined
  }

  /**
   * Waits until the gate opens; undefined if the session need not wait. A session with an open stream or transaction never
   * waits, because the checkpoint waits for the end of that stream or transaction.
   */
  pass(gate: ReadGate, signal: AbortSignal | undefined): Promise<void> | undefined {
    const { connection } = this.#checkout
    if (connection !== undefined && isOpenReader(connection)) return undefined
    const passing = gate.pass(this.#waits.forLock(signal).signal)
    return this.#waits.during('checkpoint', passing).then(() => this.#waits.throwIfEnded())
  }
}
