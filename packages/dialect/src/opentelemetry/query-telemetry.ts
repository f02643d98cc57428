import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  type Histogram,
  type Meter,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import { firstKeyword } from '../connection/first-keyword.ts'
import type { QueryMessage } from '../diagnostics/channels.ts'
import type { FirstFailure } from '../diagnostics/first-failure.ts'
import { listen } from '../diagnostics/listen.ts'
import {
  errorAttributes,
  inSeconds,
  NAMESPACE,
  OPERATION_NAME,
  QUERY_TEXT,
  RETURNED_ROWS,
  SQLITE,
  SYSTEM_NAME,
} from './conventions.ts'

/** What is known of a query that runs. */
interface Observed {
  readonly attributes: Attributes
  /** Its own span, or that of the instrumentation which has made one before. */
  readonly span: Span | undefined
  readonly isOwn: boolean
}

export interface QueryTelemetryOptions {
  readonly tracer: Tracer | undefined
  readonly meter: Meter
  readonly queryText: boolean
  /** Takes what the tracer and the meter throw. */
  readonly failure: FirstFailure
}

/** Makes a span for each query, and records how long it took. */
export class QueryTelemetry {
  readonly #tracer: Tracer | undefined
  readonly #duration: Histogram
  readonly #withText: boolean
  readonly #failure: FirstFailure
  readonly #observed: WeakMap<QueryMessage, Observed> = new WeakMap()
  readonly #context = new ContextStore()
  readonly #stopListening: () => void

  constructor({ tracer, meter, queryText, failure }: QueryTelemetryOptions) {
    this.#tracer = tracer
    this.#withText = queryText
    this.#failure = failure
    this.#duration = meter.createHistogram(
      'db.client.operation.duration',
      inSeconds('Duration of database client operations.'),
    )
    QUERY_START.bindStore(this.#context, (message) => this.#contextOf(message as QueryMessage))
    this.#stopListening = listen(failure, {
      'tracing:poolclass:query:start': (message: QueryMessage) => this.#begin(message),
      'tracing:poolclass:query:asyncEnd': (message: QueryMessage) => this.#end(message),
    })
  }

  end(): void {
    QUERY_START.unbindStore(this.#context)
    this.#stopListening()
  }

  /** Called before the query runs, in the context of its caller: where it runs, no other instrumentation makes a span for it. */
  #contextOf(message: QueryMessage): Context {
    const active = context.active()
    const outer = trace.getSpan(active)
    if (outer !== undefined && isDatabaseSpan(outer)) {
      this.#observed.set(message, { attributes: {}, span: outer, isOwn: false })
      return active
    }
    const operation = firstKeyword(message.sql).toUpperCase()
    const attributes = {
      [SYSTEM_NAME]: SQLITE,
      [NAMESPACE]: message.database,
      ...(operation !== '' && { [OPERATION_NAME]: operation }),
    }
    const span = this.#startSpan(`${operation} ${message.database}`.trim(), {
      ...attributes,
      ...(this.#withText && { [QUERY_TEXT]: message.sql }),
    })
    this.#observed.set(message, { attributes, span, isOwn: true })
    return span === undefined ? active : trace.setSpan(active, span).setValue(SUPPRESS_TRACING, true)
  }

  /** A tracer that fails costs its span only. */
  #startSpan(name: string, attributes: Attributes): Span | undefined {
    try {
      return this.#tracer?.startSpan(name, { kind: SpanKind.CLIENT, attributes })
    } catch (error) {
      this.#failure.note(error)
      return undefined
    }
  }

  #begin(message: QueryMessage): void {
    // A runtime that runs no function in a store for us has not asked for its context either.
    if (!this.#observed.has(message)) this.#contextOf(message)
  }

  #end(message: QueryMessage): void {
    const observed = this.#observed.get(message)
    if (observed === undefined) return
    this.#observed.delete(message)
    const { attributes, span, isOwn } = observed
    span?.setAttributes(waitAttributes(message))
    if (!isOwn) return
    const failure = errorAttributes(message.error)
    try {
      this.#duration.record(message.duration! / 1000, { ...attributes, ...failure })
    } finally {
      if (span !== undefined) endSpan(span, message, failure)
    }
  }
}

/** Has what runs in a store run in that context of OpenTelemetry's, whichever way its context manager keeps it. */
class ContextStore extends AsyncLocalStorage<Context> {
  override run<R>(store: Context, callback: () => R): R
  override run<R, Args extends unknown[]>(store: Context, callback: (...args: Args) => R, ...args: Args): R {
    return context.with(store, callback, undefined, ...args)
  }
}

function endSpan(span: Span, { error, rows }: QueryMessage, failure: Attributes): void {
  if (rows !== undefined) span.setAttribute(RETURNED_ROWS, rows)
  if (error !== undefined) {
    span.setAttributes(failure)
    // Without the message: a few of SQLite's have values in them.
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}

/** For how long the query waited, and for what, in milliseconds. */
function waitAttributes({ waited }: QueryMessage): Attributes {
  const waits = Object.entries(waited).filter(([, milliseconds]) => milliseconds > 0)
  return Object.fromEntries(waits.map(([kind, milliseconds]) => [`poolclass.wait.${kind}`, milliseconds]))
}

/** Whether an instrumentation of Kysely, or of whatever calls it, has made a span for the query. A span of the SDK says. */
function isDatabaseSpan(span: Span): boolean {
  const { kind, attributes } = span as { readonly kind?: unknown; readonly attributes?: Attributes }
  return (
    kind === SpanKind.CLIENT &&
    attributes !== undefined &&
    (SYSTEM_NAME in attributes || 'db.system' in attributes)
  )
}

/** The key by which OpenTelemetry's SDK suppresses spans, as `suppressTracing` of `@opentelemetry/core` sets it. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

const QUERY_START = channel('tracing:poolclass:query:start')
