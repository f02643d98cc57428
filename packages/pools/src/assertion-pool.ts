import type { ConnectionRecord } from './connection-record.ts'
import { PoolAssertionError, stackFrames } from './errors.ts'
import { placeInCode } from './place-in-code.ts'
import { Pool } from './pool.ts'
import type { PoolOptionsWith } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'

/**
 * Has one connection, and allows one checkout at a time. A second checkout fails with a `PoolAssertionError`, which shows where
 * the first was made. Use it in tests to find code that takes two connections.
 *
 * Takes the options that every class takes.
 */
export class AssertionPool<C extends PoolableConnection> extends Pool<C> {
  static override readonly name: string = 'AssertionPool'
  #record: ConnectionRecord<C> | undefined
  /** Where the one checkout was made, while it is out. */
  #takenAt: Error | undefined

  constructor(creator: Creator<C>, options?: PoolOptionsWith) {
    super(creator, options)
  }

  override get capacity(): number {
    return 1
  }

  protected override lend(): ConnectionRecord<C> {
    if (this.#takenAt !== undefined) throw this.#secondCheckout(this.#takenAt)
    this.#takenAt = placeInCode('checked out here:', this.connectNow)
    return (this.#record ??= this.createRecord())
  }

  protected override takeBack(): void {
    this.#takenAt = undefined
  }

  protected override clear(): void {
    this.#record = undefined
    this.#takenAt = undefined
  }

  #secondCheckout(takenAt: Error): PoolAssertionError {
    return new PoolAssertionError(
      `${this.title}: a second connection was requested while the first is out. Close the first one before, or ` +
        `use another pool class. The first was checked out here:\n${stackFrames(this.#record?.holder ?? takenAt)}`,
    )
  }
}
