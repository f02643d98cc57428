/**
 * What a server sees of its database: waits as they end, metrics as Prometheus collects them, and a picture of a deadlock that is
 * none.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/observability.ts`. It leaves `trace.json` where `--keep` says.
 */
import { metrics } from '@opentelemetry/api'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { PooledSqliteDialect, traceTo, type WaitMessage } from '@poolclass/dialect'
import { PoolclassInstrumentation } from '@poolclass/dialect/opentelemetry'
import { Kysely } from 'kysely'
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { copyFile, mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { printStep, printTable } from './print.ts'

interface Database {
  account: { id: number; balance: number }
}

const { values: options } = parseArgs({ options: { keep: { type: 'string' } } })
await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-observability-'))
const traceFile = join(folder.path, 'trace.json')
const prometheus = new PrometheusExporter({ preventServerStart: true })
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [prometheus] }))
const instrumentation = new PoolclassInstrumentation()

const db = new Kysely<Database>({
  dialect: new PooledSqliteDialect({
    url: join(folder.path, 'bank.db'),
    poolclass: 'QueuePool',
    poolSize: 3,
    poolName: 'bank',
    pragmas: { journal_mode: 'wal', synchronous: 'normal' },
  }),
})

try {
  await db.schema.createTable('account').addColumn('id', 'integer').addColumn('balance', 'integer').execute()
  await db
    .insertInto('account')
    .values([account(1), account(2)])
    .execute()
  await seeWaits()
  await seeTrace()
  await seeMetrics()
} finally {
  await db.destroy()
  instrumentation.disable()
}

/** Nothing moves, although nobody waits for each other: one transaction does something slow, and all writers wait for it. */
async function deadlockThatIsNone(): Promise<void> {
  const slow = db.transaction().execute(async (trx) => {
    await add(trx, 1, 10)
    await sleep(60) // a request to another server, where there should be none
    await add(trx, 2, -10)
  })
  await sleep(5)
  const writers = [1, 2, 3].map((amount) => db.transaction().execute((trx) => add(trx, 1, amount)))
  const readers = [10, 20, 30].map(async (delay) => {
    await sleep(delay)
    return await db.selectFrom('account').selectAll().execute()
  })
  await Promise.all([slow, ...writers, ...readers])
}

async function seeWaits(): Promise<void> {
  printStep(
    'The channel poolclass:wait',
    'One transaction sends a request while it holds the write lock. Three writers come, and nothing seems to move. Each wait says ' +
      'when it is over what it was for, how long it took, and whose connection was in the way.',
  )
  const waits: WaitMessage[] = []
  const note = (message: unknown): void => void waits.push(message as WaitMessage)
  subscribe('poolclass:wait', note)
  await deadlockThatIsNone()
  unsubscribe('poolclass:wait', note)
  printTable(
    ['kind', 'ms', 'statement', 'held by'],
    waits.map(({ kind, duration, sql = '', holder }) => [kind, duration, sql, holder?.connection ?? '']),
  )
  assert.deepEqual([...new Set(waits.map(({ kind }) => kind))], ['line'])
  assert.equal(waits.length, 3)
}

async function seeTrace(): Promise<void> {
  printStep(
    'The same as a picture',
    'traceTo() writes what https://ui.perfetto.dev and chrome://tracing open: a lane for each connection, and above them the line of ' +
      'writers.',
  )
  {
    using trace = traceTo(traceFile)
    await deadlockThatIsNone()
    trace.close()
  }
  const events = JSON.parse(await readFile(traceFile, 'utf8')) as { name: string; args: { name?: string } }[]
  const lanes = events.flatMap(({ name, args }) => (name === 'thread_name' ? (args.name ?? []) : []))
  console.log(`${events.length} events in ${lanes.length} lanes: ${lanes.join(', ')}`)
  assert.ok(lanes.includes('line of writers') && lanes.includes('bank.db#1'))
  if (options.keep !== undefined) await copyFile(traceFile, options.keep)
}

async function seeMetrics(): Promise<void> {
  printStep(
    'Metrics as Prometheus collects them',
    'They have the names of OpenTelemetry’s semantic conventions. Of each histogram, the sum and the count are shown.',
  )
  const { resourceMetrics } = await prometheus.collect()
  const lines = new PrometheusSerializer(undefined, false, undefined, true)
    .serialize(resourceMetrics)
    .split('\n')
  const shown = lines.filter((line) =>
    /^(?:db_client|poolclass).*(?:_count|_sum|idle_max|_max|requests)\{/.test(line),
  )
  console.log(shown.map((line) => line.replaceAll(/,?otel_scope_\w+="[^"]*"/g, '')).join('\n'))
  assert.ok(shown.some((line) => line.startsWith('db_client_connection_count{') && line.includes('"bank"')))
}

function account(id: number): Database['account'] {
  return { id, balance: 100 }
}

async function add(trx: Kysely<Database>, id: number, amount: number): Promise<void> {
  await trx
    .updateTable('account')
    .set(({ eb }) => ({ balance: eb('balance', '+', amount) }))
    .where('id', '=', id)
    .execute()
}
