import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node'
import { PoolclassInstrumentation } from '@poolclass/dialect/opentelemetry'
import { sql } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { open } from '../support/open.ts'
import { collectWarnings } from '../support/warnings.ts'

function fails(): never {
  throw new Error('no room for metrics')
}

/** The errors that would end a process without a listener, until the test ends. */
function uncaughtErrors(): readonly unknown[] {
  const errors: unknown[] = []
  const note = (error: unknown): void => void errors.push(error)
  process.on('uncaughtException', note)
  onTestFinished(() => void process.off('uncaughtException', note))
  return errors
}

function instrument(meters: MeterProvider, processor: SpanProcessor): void {
  const instrumentation = new PoolclassInstrumentation({ enabled: false })
  instrumentation.setMeterProvider(meters)
  instrumentation.setTracerProvider(new NodeTracerProvider({ spanProcessors: [processor] }))
  instrumentation.enable()
  onTestFinished(() => instrumentation.disable())
}

/** A processor of spans that does nothing but what is given. */
function processorThat(act: Partial<SpanProcessor>): SpanProcessor {
  return { onStart: () => {}, onEnd: () => {}, forceFlush: async () => {}, shutdown: async () => {}, ...act }
}

async function useDatabase(): Promise<void> {
  const { db } = open<any>({ url: ':memory:', poolTimeout: 10 })
  await sql`create table t (a)`.execute(db)
  await db.transaction().execute(async (trx) => {
    await sql`insert into t values (1)`.execute(trx)
    await expect(sql`select a from t`.execute(db)).rejects.toMatchObject({ code: 'POOL_TIMEOUT' })
  })
  for await (const row of db.selectFrom('t').selectAll().stream()) expect(row).toEqual({ a: 1 })
  expect((await sql`select a from t`.execute(db)).rows).toEqual([{ a: 1 }])
}

test('a meter that fails to record ends neither the process nor its queries nor their spans, and is reported once', async () => {
  const uncaught = uncaughtErrors()
  const warnings = collectWarnings('POOLCLASS_TELEMETRY')
  const meters = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: newExporter(), exportIntervalMillis: 1e6 })],
    views: [{ instrumentName: '*', attributesProcessors: [{ process: fails }] }],
  })
  const ended: string[] = []
  instrument(meters, processorThat({ onEnd: ({ name }) => void ended.push(name) }))
  await useDatabase()
  await delay(1)
  expect(uncaught).toEqual([])
  expect(warnings).toMatchObject([
    {
      name: 'PoolclassWarning',
      message: expect.stringMatching(/ no longer complete.*: no room for metrics$/),
      detail: expect.stringContaining('failing-telemetry.test'),
    },
  ])
  expect(ended).toContain('INSERT :memory:')
})

test.each<[string, Partial<SpanProcessor>]>([
  ['start', { onStart: fails }],
  ['end', { onEnd: fails }],
])(
  'a tracer that fails at the %s of a span ends neither the process nor its queries nor their metrics, and is reported once',
  async (_, act) => {
    const uncaught = uncaughtErrors()
    const warnings = collectWarnings('POOLCLASS_TELEMETRY')
    const exporter = newExporter()
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e6 })
    const meters = new MeterProvider({ readers: [reader] })
    onTestFinished(() => meters.shutdown())
    instrument(meters, processorThat(act))
    await useDatabase()
    await reader.forceFlush()
    expect(uncaught).toEqual([])
    expect(warnings).toHaveLength(1)
    const [{ scopeMetrics }] = exporter.getMetrics() as [ReturnType<typeof exporter.getMetrics>[number]]
    const duration = scopeMetrics[0]!.metrics.find(
      ({ descriptor }) => descriptor.name === 'db.client.operation.duration',
    )
    expect(duration!.dataPoints.map(({ attributes }) => attributes['db.operation.name'])).toContain('INSERT')
  },
)

function newExporter(): InMemoryMetricExporter {
  return new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
}
