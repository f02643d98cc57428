import { firstKeyword } from '../../connection/first-keyword.ts'
import type { SqliteHandle } from './handle.ts'

/** What a statement that succeeds does to the transaction. `unknown`: to open one is what it cannot. */
export type TransactionEffect = 'none' | 'begins' | 'commits' | 'unknown'

export function transactionEffect(sql: string): TransactionEffect {
  return EFFECTS.get(firstKeyword(sql)) ?? 'unknown'
}

/**
 * Whether a transaction is open on a handle.
 *
 * To ask SQLite takes longer than to look up a kept statement. So it is asked only where it is not known: behind an error, by
 * which SQLite may have rolled back, and behind a statement that may have ended the transaction.
 */
export class TransactionState {
  readonly #handle: SqliteHandle
  /** What may fail later, in the middle of its rows. */
  readonly #reading: ReadonlyMap<unknown, unknown>
  /** Code of others can end a transaction unseen. */
  #isShared: boolean
  /** They can begin one, too. */
  #isLent = false
  /** Undefined: it is not known. */
  #isOpen: boolean | undefined = false

  constructor(handle: SqliteHandle, reading: ReadonlyMap<unknown, unknown>, isShared: boolean) {
    this.#handle = handle
    this.#reading = reading
    this.#isShared = isShared
  }

  get isOpen(): boolean {
    if (this.#isOpen !== undefined) return this.#isOpen
    const { inTransaction } = this.#handle
    this.#note(inTransaction)
    return inTransaction
  }

  /**
   * A statement is about to run, and may fail.
   *
   * @returns what was known before.
   */
  doubt(): boolean | undefined {
    const before = this.#isOpen
    this.#isOpen = undefined
    return before
  }

  /** @param before What `doubt` has returned for the statement that has succeeded. */
  noteSuccess(effect: TransactionEffect, before: boolean | undefined): void {
    if (effect === 'none' || (effect === 'unknown' && before === false)) this.#isOpen = before
    else if (effect !== 'unknown') this.#note(effect === 'begins')
  }

  /** Somebody has the handle until `takeBack`, and may keep functions on it. */
  lend(): void {
    this.#isLent = true
    this.#isShared = true
    this.#isOpen = undefined
  }

  takeBack(): void {
    this.#isLent = false
  }

  #note(isOpen: boolean): void {
    const isCertain = isOpen ? !this.#isShared && this.#reading.size === 0 : !this.#isLent
    this.#isOpen = isCertain ? isOpen : undefined
  }
}

const EFFECTS: ReadonlyMap<string, TransactionEffect> = new Map([
  ['select', 'none'],
  ['values', 'none'],
  ['with', 'none'],
  ['insert', 'none'],
  ['replace', 'none'],
  ['update', 'none'],
  ['delete', 'none'],
  ['begin', 'begins'],
  ['savepoint', 'begins'],
  ['commit', 'commits'],
  ['end', 'commits'],
])
