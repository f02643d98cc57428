import type { PoolableConnection } from '../poolable-connection.ts'
import { listenersOfClass } from './class-listeners.ts'
import type { ListenerTable } from './listener-table.ts'
import type { PoolEventName, PoolListener } from './pool-events.ts'

/** What can be listened to: a pool, or by the static methods all pools of a class, those that there are and those to come. */
export abstract class EventSource<C extends PoolableConnection> {
  /** Listeners to this pool alone. */
  protected abstract readonly listeners: ListenerTable

  /**
   * Listens to all pools of this class and of its subclasses. `Pool.on(…)` listens to all pools. These listeners run before those of the
   * pool itself.
   *
   * @throws PoolOptionError for an event that does not exist
   */
  static on<T extends object, E extends PoolEventName>(
    this: T,
    event: E,
    listener: PoolListener<PoolableConnection, E>,
  ): T {
    listenersOfClass(this).add(event, listener)
    return this
  }

  /** Like `on`, for the next event of this kind only, of any of the pools. */
  static once<T extends object, E extends PoolEventName>(
    this: T,
    event: E,
    listener: PoolListener<PoolableConnection, E>,
  ): T {
    listenersOfClass(this).addOnce(event, listener)
    return this
  }

  static off<T extends object, E extends PoolEventName>(
    this: T,
    event: E,
    listener: PoolListener<PoolableConnection, E>,
  ): T {
    listenersOfClass(this).remove(event, listener)
    return this
  }

  /**
   * Listens to an event of this pool.
   *
   * @throws PoolOptionError for an event that does not exist
   */
  on<E extends PoolEventName>(event: E, listener: PoolListener<C, E>): this {
    this.listeners.add(event, listener)
    return this
  }

  /** Like `on`, for the next event of this kind only. */
  once<E extends PoolEventName>(event: E, listener: PoolListener<C, E>): this {
    this.listeners.addOnce(event, listener)
    return this
  }

  /** Takes a listener off again. */
  off<E extends PoolEventName>(event: E, listener: PoolListener<C, E>): this {
    this.listeners.remove(event, listener)
    return this
  }
}
