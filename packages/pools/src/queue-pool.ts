import { clearTimeout, setTimeout } from 'node:timers'
import type { ConnectionRecord } from './connection-record.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'
import { Pool } from './pool.ts'
import type { PoolOptionsWith } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'

const OWN_OPTIONS = ['poolSize', 'maxOverflow', 'poolUseLifo', 'poolTimeout'] as const

/**
 * Keeps up to `poolSize` idle connections open. Under load it opens `maxOverflow` more. It closes one of these 100 ms after its
 * check-in, unless a checkout has taken it by then. When all connections are out, checkouts wait, first come, first served.
 *
 * At most `poolSize` + `maxOverflow` connections are open.
 *
 * Takes `poolSize`, `maxOverflow`, `poolUseLifo`, `poolTimeout`, and the options that every class takes.
 */
export class QueuePool<C extends PoolableConnection> extends Pool<C> {
  static override readonly name: string = 'QueuePool'
  static override readonly takes: readonly string[] = [...Pool.takes, ...OWN_OPTIONS]

  readonly #capacity: number
  /** How many may lie idle. */
  readonly #keep: number
  #slots: Slots<C> = noSlots()
  #spareTimer: NodeJS.Timeout | undefined

  constructor(creator: Creator<C>, options?: PoolOptionsWith<(typeof OWN_OPTIONS)[number]>) {
    super(creator, options)
    const { poolSize, maxOverflow } = this.options
    this.#capacity = poolSize === 0 || maxOverflow === -1 ? Infinity : poolSize + maxOverflow
    this.#keep = poolSize === 0 ? Infinity : poolSize
  }

  override get capacity(): number {
    return this.#capacity
  }

  protected override get size(): number {
    return this.options.poolSize
  }

  protected override lend(): ConnectionRecord<C> | undefined {
    const kept = this.#takeBut(isBusy) ?? this.#takeBut(isHeldUp)
    if (kept !== undefined) return kept
    if (this.#slots.made >= this.#capacity) return this.#takeBut(isNothing)
    this.#slots.made += 1
    return this.createRecord()
  }

  #takeBut(avoids: Avoids): ConnectionRecord<C> | undefined {
    const { idle, spare } = this.#slots
    return takeBut(idle, this.options.poolUseLifo, avoids) ?? takeBut(spare, true, avoids)
  }

  protected override takeBack(record: ConnectionRecord<C>): MaybePromise<void> {
    const { idle, spare } = this.#slots
    if (record.connection === undefined) return this.#remove(record)
    if (idle.length < this.#keep) {
      idle.push(record)
    } else {
      spare.push(record)
      this.#spareTimer ??= setTimeout(this.#closeSpare, SPARE_FOR).unref()
    }
  }

  protected override clear(): void {
    this.#slots = noSlots()
    clearTimeout(this.#spareTimer)
    this.#spareTimer = undefined
  }

  readonly #closeSpare = (): void => {
    this.#spareTimer = undefined
    for (const record of this.#slots.spare.splice(0)) {
      const removing = this.#remove(record)
      if (isPromise(removing)) void removing.then(() => this.serve())
      else this.serve()
    }
  }

  /** Another slot may take its place once its connection is closed, so that never more are open than the capacity. */
  #remove(record: ConnectionRecord<C>): MaybePromise<void> {
    const slots = this.#slots
    const closing = this.discard(record)
    if (isPromise(closing)) return closing.then(() => void (slots.made -= 1))
    slots.made -= 1
  }
}

/** The slots since the last `dispose()`. */
interface Slots<C> {
  /** All of them: those that are out, idle or spare, and those whose connection is still being closed. */
  made: number
  /** The one that came back last is at the end. */
  readonly idle: ConnectionRecord<C>[]
  /**
   * Overflow that has just come back. Where many tasks run short queries, the next one wants a connection soon, and to open
   * one takes longer than to run the query.
   */
  readonly spare: ConnectionRecord<C>[]
}

type Avoids = (connection: PoolableConnection) => boolean

const isBusy: Avoids = (connection) => connection.isBusy === true
const isHeldUp: Avoids = (connection) => connection.isHeldUp === true
const isNothing: Avoids = () => false

/** Takes out the first that is not to be avoided, or the last. */
function takeBut<C extends PoolableConnection>(
  records: ConnectionRecord<C>[],
  fromEnd: boolean,
  avoids: Avoids,
): ConnectionRecord<C> | undefined {
  const next = fromEnd ? records.at(-1) : records[0]
  if (next?.connection === undefined || !avoids(next.connection))
    return fromEnd ? records.pop() : records.shift()
  const isFit = ({ connection }: ConnectionRecord<C>): boolean =>
    connection === undefined || !avoids(connection)
  const at = fromEnd ? records.findLastIndex(isFit) : records.findIndex(isFit)
  return at === -1 ? undefined : records.splice(at, 1)[0]
}

function noSlots<C>(): Slots<C> {
  return { made: 0, idle: [], spare: [] }
}

/** Milliseconds. */
const SPARE_FOR = 100
