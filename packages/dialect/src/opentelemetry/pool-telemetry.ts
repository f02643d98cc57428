import type {
  Attributes,
  BatchObservableResult,
  Counter,
  Histogram,
  Meter,
  Observable,
} from '@opentelemetry/api'
import type { AcquireMessage, ConnectMessage, PoolOfMessage, ReleaseMessage } from '@poolclass/pools'
import type { QueryMessage, WaitMessage } from '../diagnostics/channels.ts'
import type { FirstFailure } from '../diagnostics/first-failure.ts'
import { listen } from '../diagnostics/listen.ts'
import { codeOf } from '../errors/error-kind.ts'
import {
  errorAttributes,
  inSeconds,
  NAMESPACE,
  POOL_NAME,
  SQLITE,
  STATE,
  SYSTEM_NAME,
} from './conventions.ts'
import { PoolNames } from './pool-names.ts'

/** Records what pools do, and observes what they hold. */
export class PoolTelemetry {
  readonly #names = new PoolNames()
  readonly #createTime: Histogram
  readonly #waitTime: Histogram
  readonly #useTime: Histogram
  readonly #waits: Histogram
  readonly #timeouts: Counter
  readonly #stop: () => void

  /** @param failure Takes what the meter throws. */
  constructor(meter: Meter, failure: FirstFailure) {
    this.#createTime = meter.createHistogram(
      'db.client.connection.create_time',
      inSeconds('The time it took to create a new connection.'),
    )
    this.#waitTime = meter.createHistogram(
      'db.client.connection.wait_time',
      inSeconds('The time it took to obtain an open connection from the pool.'),
    )
    this.#useTime = meter.createHistogram(
      'db.client.connection.use_time',
      inSeconds('The time between borrowing a connection and returning it to the pool.'),
    )
    this.#waits = meter.createHistogram(
      'poolclass.wait.duration',
      inSeconds('The time that statements waited for a connection, in the line of writers, or for a lock.'),
    )
    this.#timeouts = meter.createCounter('db.client.connection.timeouts', {
      unit: '{timeout}',
      description: 'The number of connection timeouts that have occurred trying to obtain a connection.',
    })
    const stopObserving = observePools(meter, this.#names)
    const stopListening = listen(failure, {
      'tracing:poolclass:query:start': ({ pool, database }: QueryMessage) => this.#names.note(pool, database),
      'tracing:poolclass:connect:end': this.#onConnected,
      'tracing:poolclass:connect:asyncEnd': this.#onConnected,
      'tracing:poolclass:pool:acquire:end': this.#onAcquired,
      'tracing:poolclass:pool:acquire:asyncEnd': this.#onAcquired,
      'poolclass:pool:release': this.#onReleased,
      'poolclass:wait': this.#onWaited,
    })
    this.#stop = () => {
      stopObserving()
      stopListening()
    }
  }

  end(): void {
    this.#stop()
  }

  /** Told at the end of what has ended with the call, and again at that of what ends later. */
  readonly #onConnected = ({ pool, connection, duration, error }: ConnectMessage): void => {
    if (duration === undefined || error !== undefined) return
    // A pool can be used before the first query: its connections are called like the database, `app.db#1`.
    this.#names.note(pool, connection?.label?.replace(/#\d+$/, ''))
    this.#createTime.record(duration / 1000, this.#attributes(pool))
  }

  readonly #onAcquired = ({ pool, duration, error }: AcquireMessage): void => {
    if (duration === undefined) return
    if (error === undefined) this.#waitTime.record(duration / 1000, this.#attributes(pool))
    else if (codeOf(error) === 'POOL_TIMEOUT') this.#timeouts.add(1, this.#attributes(pool))
  }

  readonly #onReleased = ({ pool, duration }: ReleaseMessage): void => {
    this.#useTime.record(duration / 1000, this.#attributes(pool))
  }

  readonly #onWaited = ({ kind, database, duration, error }: WaitMessage): void => {
    this.#waits.record(duration / 1000, {
      [SYSTEM_NAME]: SQLITE,
      [NAMESPACE]: database,
      'poolclass.wait.kind': kind,
      ...errorAttributes(error),
    })
  }

  #attributes(pool: PoolOfMessage): Attributes {
    return { [POOL_NAME]: this.#names.of(pool) }
  }
}

/** Has the meter ask each pool for its state when it collects; returns how to stop that. */
function observePools(meter: Meter, names: PoolNames): () => void {
  const create = (name: string, unit: string, description: string): Observable =>
    meter.createObservableUpDownCounter(`db.client.connection.${name}`, { unit, description })
  const count = create(
    'count',
    '{connection}',
    'The number of connections that are currently in state described by the state attribute.',
  )
  const idleMax = create('idle.max', '{connection}', 'The maximum number of idle open connections allowed.')
  const max = create('max', '{connection}', 'The maximum number of open connections allowed.')
  const pending = create(
    'pending_requests',
    '{request}',
    'The number of current pending requests for an open connection.',
  )
  const observables = [count, idleMax, max, pending]
  const observe = (result: BatchObservableResult): void => {
    for (const pool of names.pools()) {
      const attributes = { [POOL_NAME]: names.of(pool) }
      const { idle, checkedOut, waiting, size } = pool.status()
      result.observe(count, idle, { ...attributes, [STATE]: 'idle' })
      result.observe(count, checkedOut, { ...attributes, [STATE]: 'used' })
      result.observe(idleMax, size, attributes)
      result.observe(pending, waiting, attributes)
      if (pool.capacity !== Infinity) result.observe(max, pool.capacity, attributes)
    }
  }
  meter.addBatchObservableCallback(observe, observables)
  return () => meter.removeBatchObservableCallback(observe, observables)
}
