import type { Connection } from '../../connection/connection.ts'

/** The open connections that have the key of their file, and get another one when the file does. */
export class KeyHolders {
  readonly #holders: Set<WeakRef<Connection>> = new Set()
  readonly #collected = new FinalizationRegistry<WeakRef<Connection>>((holder) =>
    this.#holders.delete(holder),
  )

  add(connection: Connection): void {
    const holder = new WeakRef(connection)
    this.#holders.add(holder)
    this.#collected.register(connection, holder)
  }

  /**
   * Those in this thread have it when this returns, those in others before whatever is asked of them from now on. Not those that
   * are in a transaction, or read: what they see has the old key.
   *
   * @param key Undefined: the file is no longer encrypted.
   */
  give(key: Uint8Array | undefined): void {
    const sql =
      key === undefined ? "pragma key = ''" : `pragma hexkey = '${Buffer.from(key).toString('hex')}'`
    for (const holder of this.#holders) {
      const connection = holder.deref()
      if (connection !== undefined && !connection.inTransaction) void giveTo(connection, sql)
    }
  }
}

/** One that is closed, or reads, refuses. */
async function giveTo(connection: Connection, sql: string): Promise<void> {
  try {
    await connection.execute(sql, [])
  } catch {}
}
