import { hasSubscribers } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { type Connection, type PooledConnection, PooledSqliteDialect } from '@poolclass/dialect'
import {
  PoolclassInstrumentation,
  type PoolclassInstrumentationConfig,
} from '@poolclass/dialect/opentelemetry'
import { Kysely, sql } from 'kysely'
import { observeDialect } from 'kysely-opentelemetry'
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const exporter = new InMemorySpanExporter()
const tracers = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
tracers.register()
afterAll(async () => {
  await tracers.shutdown()
  trace.disable()
  context.disable()
})
beforeEach(() => exporter.reset())

/** Instruments until the test ends. */
function instrument(config: PoolclassInstrumentationConfig = {}, meters?: MeterProvider): void {
  const instrumentation = new PoolclassInstrumentation({ ...config, enabled: false })
  instrumentation.setTracerProvider(tracers)
  if (meters !== undefined) instrumentation.setMeterProvider(meters)
  instrumentation.enable()
  onTestFinished(() => instrumentation.disable())
}

function spans(): ReadableSpan[] {
  return exporter.getFinishedSpans()
}

function fileUrl(): string {
  return join(temporaryDirectory(), 'app.db')
}

describe('spans', () => {
  test('a query is a client span with the attributes of the conventions', async () => {
    instrument()
    const { db } = open(':memory:')
    await sql`select ${'a secret value'} as a`.execute(db)
    expect(spans()).toHaveLength(1)
    const [span] = spans() as [ReadableSpan]
    expect(span).toMatchObject({
      name: 'SELECT :memory:',
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.UNSET },
      instrumentationScope: { name: '@poolclass/dialect', version: versionOfPackage() },
    })
    expect(span.attributes).toEqual({
      'db.system.name': 'sqlite',
      'db.namespace': ':memory:',
      'db.operation.name': 'SELECT',
      'db.query.text': 'select ? as a',
      'db.response.returned_rows': 1,
    })
  })

  test('a query that fails says why', async () => {
    instrument({ queryText: false })
    const { db } = open(':memory:')
    await sql`create table t (a unique)`.execute(db)
    await sql`insert into t values (1)`.execute(db)
    exporter.reset()
    await expect(sql`insert into t values (1)`.execute(db)).rejects.toThrow('UNIQUE')
    expect(spans()).toMatchObject([
      {
        status: { code: SpanStatusCode.ERROR },
        attributes: {
          'error.type': 'SQLITE_CONSTRAINT_UNIQUE',
          'db.response.status_code': 'SQLITE_CONSTRAINT_UNIQUE',
        },
      },
    ])
    expect(spans()[0]!.attributes).not.toHaveProperty('db.query.text')
  })

  test('a query is a child of the span in which it was sent, and what the caller does next is not its child', async () => {
    instrument()
    const { db } = open(':memory:')
    const tracer = tracers.getTracer('test')
    await tracer.startActiveSpan('request', async (request) => {
      await sql`select 1`.execute(db)
      tracer.startSpan('next').end()
      request.end()
    })
    const byName = Object.fromEntries(spans().map((span) => [span.name, span]))
    const id = byName['request']!.spanContext().spanId
    expect(byName['SELECT :memory:']!.parentSpanContext?.spanId).toBe(id)
    expect(byName['next']!.parentSpanContext?.spanId).toBe(id)
  })

  test('a transaction gives a span for each statement, and a stream one for all its rows', async () => {
    instrument()
    const { db } = open(':memory:')
    await db.transaction().execute(async (trx) => {
      await sql`create table t as select value from json_each('[1,2,3]')`.execute(trx)
    })
    for await (const _ of db.selectFrom('t').selectAll().stream(1));
    expect(spans().map(({ name, attributes }) => [name, attributes['db.response.returned_rows']])).toEqual([
      ['BEGIN :memory:', 0],
      ['CREATE :memory:', 0],
      ['COMMIT :memory:', 0],
      ['SELECT :memory:', 3],
    ])
  })

  test('a query that had to wait says for what', async () => {
    instrument()
    const { db } = open({ url: fileUrl(), poolclass: 'QueuePool', pragmas: { journal_mode: 'wal' } })
    await sql`create table t (a)`.execute(db)
    const trx = await db.startTransaction().execute()
    const waiting = sql`insert into t values (1)`.execute(db)
    await delay(5)
    await trx.commit().execute()
    await waiting
    const span = spans().find(({ name }) => name === 'INSERT app.db')
    expect(span?.attributes['poolclass.wait.line']).toBeGreaterThan(0)
  })

  test('nothing is told once the instrumentation is disabled, and all again once it is enabled', async () => {
    const instrumentation = new PoolclassInstrumentation()
    const { db } = open(':memory:')
    await sql`select 1`.execute(db)
    instrumentation.disable()
    await sql`select 2`.execute(db)
    instrumentation.enable()
    instrumentation.enable()
    await sql`select 3`.execute(db)
    instrumentation.disable()
    expect(spans().map(({ attributes }) => attributes['db.query.text'])).toEqual(['select 1', 'select 3'])
  })
})

describe('no double spans', () => {
  test('beside an instrumentation of Kysely: its span is the only one, and says what the query waited for', async () => {
    instrument()
    const dialect = new PooledSqliteDialect({ url: fileUrl(), poolclass: 'QueuePool' })
    const db = new Kysely<any>({ dialect: observeDialect(dialect) })
    onTestFinished(() => db.destroy())
    await sql`create table t (a)`.execute(db)
    const trx = await dialect.pool.connect()
    await trx.connection.execute('begin immediate', [])
    const waiting = db.insertInto('t').values({ a: 1 }).execute()
    await delay(5)
    await trx.close()
    await waiting
    const scopes = spans().map(({ instrumentationScope }) => instrumentationScope.name)
    expect(scopes).toEqual(['kysely-opentelemetry', 'kysely-opentelemetry'])
    expect(spans()[1]!.attributes['poolclass.wait.lock']).toBeGreaterThan(0)
  })

  test('beside an instrumentation of node:sqlite, which finds tracing suppressed within our span', async () => {
    instrument()
    // The first dialect of a process asks the library how SQLite was compiled, in no query's span.
    await sql`select 1`.execute(open({ url: ':memory:', driver: 'node:sqlite', threads: 0 }).db)
    exporter.reset()
    const { prepare } = DatabaseSync.prototype
    onTestFinished(() => {
      DatabaseSync.prototype.prepare = prepare
    })
    let seen = 0
    DatabaseSync.prototype.prepare = function traced(...args) {
      seen += 1
      const span = tracers.getTracer('node:sqlite').startSpan('prepare', { kind: SpanKind.CLIENT })
      try {
        return prepare.apply(this, args)
      } finally {
        span.end()
      }
    }
    const { db } = open({ url: ':memory:', driver: 'node:sqlite', threads: 0 })
    await sql`select 1`.execute(db)
    expect(seen).toBeGreaterThan(0)
    expect(spans().map(({ instrumentationScope }) => instrumentationScope.name)).toEqual([
      '@poolclass/dialect',
    ])
  })
})

describe('metrics', () => {
  /** What a dialect tells while it is used, by the names of the metrics. */
  async function metricsOf(use: () => Promise<void>): Promise<Map<string, MetricPoint[]>> {
    const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter: memory, exportIntervalMillis: 1_000_000 })
    const meters = new MeterProvider({ readers: [reader] })
    onTestFinished(() => meters.shutdown())
    instrument({}, meters)
    await use()
    await reader.forceFlush()
    const metrics = memory.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics[0]!.metrics)
    return new Map(
      metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints as MetricPoint[]]),
    )
  }

  interface MetricPoint {
    readonly attributes: Record<string, unknown>
    readonly value: number | { readonly count: number; readonly buckets: { readonly boundaries: number[] } }
  }

  const NAME = 'db.client.connection.pool.name'

  test('durations are seconds in the recommended buckets, by operation and by error', async () => {
    const metrics = await metricsOf(async () => {
      const { db } = open(':memory:')
      await sql`select 1`.execute(db)
      await sql`select 2`.execute(db)
      await sql`select * from missing`.execute(db).catch(() => {})
    })
    const points = metrics.get('db.client.operation.duration')!
    const attributes = {
      'db.system.name': 'sqlite',
      'db.namespace': ':memory:',
      'db.operation.name': 'SELECT',
    }
    expect(points.map((point) => [point.attributes, (point.value as { count: number }).count])).toEqual([
      [attributes, 2],
      [{ ...attributes, 'error.type': 'SQLITE_ERROR', 'db.response.status_code': 'SQLITE_ERROR' }, 1],
    ])
    expect(points[0]!.value).toMatchObject({
      buckets: { boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
    })
  })

  test('a pool shows what it holds, under its name', async () => {
    const out: PooledConnection<Connection>[] = []
    const metrics = await metricsOf(async () => {
      const config = { poolclass: 'QueuePool', poolSize: 2, maxOverflow: 1, poolName: 'orders' } as const
      const { db, dialect } = open({ url: fileUrl(), ...config })
      await sql`select 1`.execute(db)
      out.push(...(await Promise.all([1, 2, 3].map(() => dialect.pool.connect()))))
      const waiting = dialect.pool.connect()
      await out[0]!.close()
      await (await waiting).close()
    })
    const values = (name: string): unknown[] =>
      metrics.get(`db.client.connection.${name}`)!.map(({ attributes, value }) => {
        expect(attributes[NAME]).toBe('orders')
        return [attributes['db.client.connection.state'], value]
      })
    expect(values('count')).toEqual([
      ['idle', 1],
      ['used', 2],
    ])
    expect(values('max')).toEqual([[undefined, 3]])
    expect(values('idle.max')).toEqual([[undefined, 2]])
    expect(values('pending_requests')).toEqual([[undefined, 0]])
    const counts = (name: string): number => {
      const [point] = metrics.get(`db.client.connection.${name}`)!
      return (point!.value as { count: number }).count
    }
    expect(counts('create_time')).toBe(3)
    expect(counts('wait_time')).toBe(5)
    expect(counts('use_time')).toBe(3)
    for (const pooled of out) await pooled.close()
  })

  test('checkouts that time out are counted, and waits measured by what they were for', async () => {
    const metrics = await metricsOf(async () => {
      const { db, dialect } = open({ url: ':memory:', poolTimeout: 10 })
      await using held = await dialect.pool.connect()
      await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: 'POOL_TIMEOUT' })
      expect(held.isValid).toBe(true)
    })
    expect(metrics.get('db.client.connection.timeouts')).toMatchObject([
      { value: 1, attributes: { [NAME]: ':memory:' } },
    ])
    expect(metrics.get('poolclass.wait.duration')).toMatchObject([
      { attributes: { 'poolclass.wait.kind': 'connection', 'error.type': 'POOL_TIMEOUT' } },
    ])
  })

  test('two pools without a name have two names', async () => {
    const metrics = await metricsOf(async () => {
      for (const { db } of [open(':memory:'), open(':memory:')]) await sql`select 1`.execute(db)
    })
    const names = metrics.get('db.client.connection.count')!.map(({ attributes }) => attributes[NAME])
    expect([...new Set(names)]).toEqual([':memory:', ':memory:-2'])
  })

  test('Prometheus can collect them', async () => {
    const prometheus = new PrometheusExporter({ preventServerStart: true })
    const meters = new MeterProvider({ readers: [prometheus] })
    onTestFinished(() => meters.shutdown())
    instrument({}, meters)
    const { db } = open({ url: fileUrl(), poolclass: 'QueuePool', poolName: 'orders' })
    await sql`select 1`.execute(db)
    const server = createServer((request, response) =>
      prometheus.getMetricsRequestHandler(request, response),
    ).listen(0)
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const text = await (await fetch(`http://localhost:${port}/metrics`)).text()
    expect(text).toMatch(
      /db_client_operation_duration_count\{.*db_system_name="sqlite",db_namespace="app.db",db_operation_name="SELECT".*\} 1/,
    )
    expect(text).toMatch(
      /db_client_connection_count\{db_client_connection_pool_name="orders",db_client_connection_state="idle".*\} 1/,
    )
    expect(text).toMatch(/db_client_connection_max\{.*\} 15/)
  })
})

test('an instrumentation whose meter fails is not enabled, and leaves nobody listening', () => {
  const meters = new MeterProvider()
  const instrumentation = new PoolclassInstrumentation({ enabled: false })
  instrumentation.setMeterProvider({
    getMeter: (name) =>
      Object.assign(meters.getMeter(name), {
        createCounter() {
          throw new Error('no counters here')
        },
      }),
  })
  expect(() => instrumentation.enable()).toThrow('no counters here')
  expect(hasSubscribers('tracing:poolclass:query:start')).toBe(false)
})

test('one process can have no SDK at all: the instrumentation then does nothing', async () => {
  const instrumentation = new PoolclassInstrumentation({ spans: false })
  onTestFinished(() => instrumentation.disable())
  const { db } = open(':memory:')
  await sql`select 1`.execute(db)
  expect(spans()).toEqual([])
})

function versionOfPackage(): string {
  const path = join(import.meta.dirname, '../../packages/dialect/package.json')
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
