import { type Kysely, sql } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { type Bank, TRANSFERS_BEFORE } from './bank.ts'

/** Transfers from one account to the other, about every millisecond, until it is told to end. */
export class Transfers {
  static #total = TRANSFERS_BEFORE
  readonly #db: Kysely<Bank>
  readonly #end = new AbortController()
  #running: Promise<void> | undefined
  #count = 0

  constructor(db: Kysely<Bank>) {
    this.#db = db
  }

  /** How many there are in the bank. */
  get total(): number {
    return Transfers.#total
  }

  /** Resolves when the first ones are made. */
  async begin(): Promise<void> {
    this.#running = this.#run()
    while (this.#count < 50) await delay(5)
  }

  async end(): Promise<void> {
    this.#end.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await this.#transfer()
      this.#count += 1
      Transfers.#total += 1
      await delay(1)
    }
  }

  async #transfer(): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await sql`update account set balance = balance - 1 where id = 1`.execute(trx)
      await sql`insert into transfer (document) values (randomblob(1000))`.execute(trx)
      await sql`update account set balance = balance + 1 where id = 2`.execute(trx)
    })
  }
}
