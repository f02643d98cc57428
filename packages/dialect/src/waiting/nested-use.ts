import { AsyncLocalStorage } from 'node:async_hooks'
import { warn } from '../warn.ts'
import { whereHeld, type Writer } from './writer.ts'

/** Something that holds a connection while user code runs. */
export interface Holder extends Writer {
  /** What runs the user's code. */
  readonly inside: 'db.transaction()' | 'dialect.withConnection()'
}

interface Transaction {
  readonly holder: Holder
  readonly database: NestedUse
  /** The transaction that it was begun in. */
  readonly around: Transaction | undefined
}

/** The open transactions around the running code, in all databases. */
const current = new AsyncLocalStorage<Transaction>()

/**
 * Detects that code inside `db.transaction()` waits for something that only the end of this transaction can free. It warns at
 * once, before the time-out.
 */
export class NestedUse {
  readonly #blocked: Map<Holder, number> = new Map()
  readonly #warned: WeakSet<Holder> = new WeakSet()

  /** All later calls in this asynchronous context run inside the holder's transaction. */
  enter(holder: Holder): void {
    current.enterWith({ holder, database: this, around: innermostOpen(current.getStore()) })
  }

  /** Runs `use`. Everything that `use` calls runs inside what the holder holds. */
  run<T>(holder: Holder, use: () => T): T {
    return current.run({ holder, database: this, around: innermostOpen(current.getStore()) }, use)
  }

  /** The holder of the innermost transaction of this database that the caller runs in. */
  get holder(): Holder | undefined {
    let transaction = innermostOpen(current.getStore())
    while (transaction !== undefined && transaction.database !== this) {
      transaction = innermostOpen(transaction.around)
    }
    return transaction?.holder
  }

  /** Whether the caller runs in `writer`'s transaction. */
  isInside(writer: Writer): writer is Holder {
    let transaction = innermostOpen(current.getStore())
    while (transaction !== undefined && transaction.holder !== writer) {
      transaction = innermostOpen(transaction.around)
    }
    return transaction !== undefined
  }

  /** Notes that code inside `holder` waits for a connection of a pool that can lend `capacity` connections. */
  block(holder: Holder, capacity: number): void {
    this.#blocked.set(holder, (this.#blocked.get(holder) ?? 0) + 1)
    if (this.#blocked.size >= capacity) this.#warn(holder, 'a connection', 'the pool has no other')
  }

  /** Undoes one `block`. */
  unblock(holder: Holder): void {
    const waits = this.#blocked.get(holder)
    if (waits === undefined || waits === 1) this.#blocked.delete(holder)
    else this.#blocked.set(holder, waits - 1)
  }

  /** Notes that code waits for the write lock, which `writer` has. */
  waitForWriter(writer: Writer | undefined): void {
    if (writer !== undefined && this.isInside(writer))
      this.#warn(writer, 'the write lock', 'SQLite has one writer at a time')
  }

  /** Warns once per transaction. */
  #warn(holder: Holder, what: string, why: string): void {
    if (this.#warned.has(holder)) return
    this.#warned.add(holder)
    const { inside } = holder
    const { itself, instead } = WORDS[inside]
    warn(
      'POOLCLASS_NESTED_USE',
      `\`db\` was used inside \`${inside}\` and waits for ${what} that ${itself} itself holds, because ${why}. ` +
        `If ${itself} waits for this query, the query times out. Run it on ${instead} instead, or after ${itself}.`,
      whereHeld(holder),
    )
  }
}

const WORDS = {
  'db.transaction()': { itself: 'the transaction', instead: 'the transaction object (`trx`)' },
  'dialect.withConnection()': { itself: 'the callback', instead: 'the `connection` that it is given' },
} as const

function innermostOpen(transaction: Transaction | undefined): Transaction | undefined {
  while (transaction !== undefined && !transaction.holder.connected) transaction = transaction.around
  return transaction
}
