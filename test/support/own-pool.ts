import { type ConnectionRecord, Pool, type PoolableConnection } from '@poolclass/dialect'

/** A pool class of a user's own, like the one in the documentation of `Pool`: two connections at most, none kept. */
export class OwnPool<C extends PoolableConnection> extends Pool<C> {
  readonly capacity = 2
  #out = 0

  protected override lend(): ConnectionRecord<C> | undefined {
    if (this.#out === this.capacity) return undefined
    this.#out += 1
    return this.createRecord()
  }

  protected override takeBack(record: ConnectionRecord<C>): void | Promise<void> {
    this.#out -= 1
    return this.discard(record)
  }

  protected override clear(): void {
    this.#out = 0
  }
}

/** The same with one connection, which it keeps. */
export class OwnSinglePool<C extends PoolableConnection> extends Pool<C> {
  readonly capacity = 1
  #kept: ConnectionRecord<C> | undefined
  #isOut = false

  protected override lend(): ConnectionRecord<C> | undefined {
    if (this.#isOut) return undefined
    this.#isOut = true
    return (this.#kept ??= this.createRecord())
  }

  protected override takeBack(): void {
    this.#isOut = false
  }

  protected override clear(): void {
    this.#kept = undefined
    this.#isOut = false
  }
}
