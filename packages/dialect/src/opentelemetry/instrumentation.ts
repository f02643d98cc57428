/**
 * Metrics and spans of OpenTelemetry, for all dialects of a thread.
 *
 * @module @poolclass/dialect/opentelemetry
 */
import { VERSION } from '../version.ts'
import { type MeterProvider, metrics, trace, type TracerProvider } from '@opentelemetry/api'
import { FirstFailure } from '../diagnostics/first-failure.ts'
import { PoolTelemetry } from './pool-telemetry.ts'
import { QueryTelemetry } from './query-telemetry.ts'

/** What the instrumentation tells. */
export interface PoolclassInstrumentationConfig {
  /** Listens from the start. Default is true. */
  readonly enabled?: boolean | undefined
  /** Makes a span for each query. Default is true. */
  readonly spans?: boolean | undefined
  /** Puts the SQL of a query into its span, as Kysely has compiled it: parameters stay `?`. Default is true. */
  readonly queryText?: boolean | undefined
}

/**
 * OpenTelemetry's metrics and spans for all dialects and pools of the process, by its semantic conventions for databases.
 *
 * ```ts
 * import { NodeSDK } from '@opentelemetry/sdk-node'
 * import { PoolclassInstrumentation } from '@poolclass/dialect/opentelemetry'
 *
 * new NodeSDK({ instrumentations: [new PoolclassInstrumentation()] }).start()
 * ```
 *
 * It listens to the channels of the package and changes no code. Without an SDK that calls the setters, it uses the global
 * providers that there are when it is enabled.
 *
 * If the caller's active span is a client span with `db.system.name`, another instrumentation, such as one of Kysely, has
 * reported the query. It then gets no second span and no second duration. Inside a span of this instrumentation, no other one makes a span.
 */
export class PoolclassInstrumentation {
  readonly instrumentationName = '@poolclass/dialect'
  readonly instrumentationVersion: string = VERSION
  #config: PoolclassInstrumentationConfig
  #tracers: TracerProvider | undefined
  #meters: MeterProvider | undefined
  readonly #running: { end(): void }[] = []

  constructor(config: PoolclassInstrumentationConfig = {}) {
    this.#config = config
    if (config.enabled !== false) this.enable()
  }

  enable(): void {
    if (this.#running.length > 0) return
    const { instrumentationName: name, instrumentationVersion: version } = this
    const { spans = true, queryText = true } = this.#config
    const tracer = spans ? (this.#tracers ?? trace).getTracer(name, version) : undefined
    const meter = (this.#meters ?? metrics).getMeter(name, version)
    const failure = new FirstFailure(
      'POOLCLASS_TELEMETRY',
      'OpenTelemetry failed, so its data is no longer complete',
    )
    try {
      this.#running.push(new QueryTelemetry({ tracer, meter, queryText, failure }))
      this.#running.push(new PoolTelemetry(meter, failure))
    } catch (error) {
      this.disable()
      throw error
    }
  }

  disable(): void {
    for (const telemetry of this.#running.splice(0)) telemetry.end()
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracers = provider
    this.#restart()
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#meters = provider
    this.#restart()
  }

  setConfig(config: PoolclassInstrumentationConfig): void {
    this.#config = config
    this.#restart()
  }

  getConfig(): PoolclassInstrumentationConfig {
    return this.#config
  }

  #restart(): void {
    if (this.#running.length === 0) return
    this.disable()
    this.enable()
  }
}
