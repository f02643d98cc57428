/**
 * Does a slow query make everybody else wait? One HTTP server with four ways to open the same database, under load.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/responsive-server.ts`. `--seconds 1` makes it quick, and
 * leaves the picture as it is.
 */
import { PooledSqliteDialect } from '@poolclass/dialect'
import SqliteDatabase from 'better-sqlite3'
import { type Dialect, Kysely, SqliteDialect } from 'kysely'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { printStep, printTable, printText } from './print.ts'
import { createSales, type Database, SALES } from './responsive-server/database.ts'
import { distributionOf } from './responsive-server/distribution.ts'
import { EventLoopDelay } from './responsive-server/event-loop-delay.ts'
import { startSalesServer } from './responsive-server/sales-server.ts'
import { runFullLoad, runSteadyLoad } from './responsive-server/load.ts'
import { type Measured, plot } from './responsive-server/plot.ts'

const PRAGMAS = { journal_mode: 'wal', synchronous: 'normal' }
const FULL_LOAD_SECONDS = 1
const SVG = fileURLToPath(new URL('responsive-server/responsive-server.svg', import.meta.url))

const { values } = parseArgs({ options: { seconds: { type: 'string' } } })
const seconds = Number(values.seconds ?? 4)
if (!Number.isInteger(seconds) || seconds < 1) {
  throw new Error(`--seconds ${values.seconds}: it takes a whole number from 1.`)
}

interface Variant {
  readonly name: string
  open(path: string): Dialect
}

const VARIANTS: Variant[] = [
  { name: "Kysely's SqliteDialect", open: openKyselys },
  {
    name: 'QueuePool\nthreads: 0',
    open: (url) => new PooledSqliteDialect({ url, pragmas: PRAGMAS, poolclass: 'QueuePool' }),
  },
  {
    name: 'QueuePool\nthreads: 2',
    open: (url) => new PooledSqliteDialect({ url, pragmas: PRAGMAS, poolclass: 'QueuePool', threads: 2 }),
  },
  {
    name: 'SingletonThreadPool\nthreads: 2',
    open: (url) =>
      new PooledSqliteDialect({ url, pragmas: PRAGMAS, poolclass: 'SingletonThreadPool', threads: 2 }),
  },
]

interface Measurement extends Measured {
  readonly requestsPerSecond: number
  readonly report: number
}

await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-responsive-server-'))
await compare(join(folder.path, 'sales.db'))

async function compare(path: string): Promise<void> {
  printStep(
    'The load',
    `A server over a table of ${SALES.toLocaleString('en')} sales. 500 clients ask for one of them once a second, which ` +
      'is quick, and every half second somebody asks for a report over all of them, which is slow. ' +
      `The load comes from autocannon, in a process of its own, for ${seconds} s with each variant.`,
  )
  await createDatabase(path)
  const measured: Measurement[] = []
  for (const variant of VARIANTS) {
    printText(`\n${oneLine(variant.name)} …`)
    measured.push(await measure(variant, path))
  }
  showQuickRequests(measured)
  showEventLoop(measured)
  showThroughput(measured)
  showBest(measured)
  if (values.seconds !== undefined) return
  await writeFile(SVG, await plot(measured))
  printText(`\nThe same as a picture: ${relative(process.cwd(), SVG)}`)
}

async function createDatabase(path: string): Promise<void> {
  const db = new Kysely<Database>({ dialect: new PooledSqliteDialect({ url: path, pragmas: PRAGMAS }) })
  try {
    await createSales(db)
  } finally {
    await db.destroy()
  }
}

function openKyselys(path: string): Dialect {
  const database = new SqliteDatabase(path)
  for (const [name, value] of Object.entries(PRAGMAS)) database.pragma(`${name} = ${value}`)
  return new SqliteDialect({ database })
}

async function measure({ name, open }: Variant, path: string): Promise<Measurement> {
  const db = new Kysely<Database>({ dialect: open(path) })
  try {
    await using server = await startSalesServer(db)
    const { requestsPerSecond } = await runFullLoad(server.url, FULL_LOAD_SECONDS)
    const delay = new EventLoopDelay()
    const load = await runSteadyLoad(server.url, seconds, delay)
    return {
      name,
      latency: distributionOf(load.quick),
      eventLoopDelay: delay.distribution(),
      requestsPerSecond,
      report: distributionOf(load.slow).median,
    }
  } finally {
    await db.destroy()
  }
}

function showQuickRequests(measured: Measurement[]): void {
  printStep('How long a quick request takes', 'In milliseconds, as the clients see it.')
  printTable(
    ['', 'median', '97.5 %', '99 %', 'maximum'],
    measured.map(({ name, latency: { median, p97, p99, max } }) => [oneLine(name), median, p97, p99, max]),
  )
}

function showEventLoop(measured: Measurement[]): void {
  printStep(
    'How long the event loop is held up',
    'In milliseconds. All else that the server does waits as long. A stop counts once here, however long it is, so the ' +
      'maximum tells most.',
  )
  printTable(
    ['', 'median', '99 %', 'maximum'],
    measured.map(({ name, eventLoopDelay: { median, p99, max } }) => [oneLine(name), median, p99, max]),
  )
}

function showThroughput(measured: Measurement[]): void {
  printStep(
    'What it costs',
    'The quick requests that get an answer in a second, if 25 clients ask as fast as they can and nobody wants a ' +
      'report. A query in another thread has a longer way. Beside it, the reports under the load of step 1.',
  )
  printTable(
    ['', 'quick requests/s', 'a report takes, ms'],
    measured.map(({ name, requestsPerSecond, report }) => [oneLine(name), requestsPerSecond, report]),
  )
}

function showBest(measured: Measurement[]): void {
  const [best] = measured.toSorted((a, b) => a.latency.p99 - b.latency.p99)
  printText(
    `\nIn this run 99 % of the quick requests were answered soonest with ${oneLine(best?.name ?? '')}. ` +
      'A SingletonThreadPool has one connection for each thread, so a connection that is free is a thread that is free. ' +
      'A QueuePool has more connections than threads, and what it has lent waits where a report begins in its thread.\n' +
      `The server, its threads and the load shared ${availableParallelism()} cores: with more, threads gain more.`,
  )
}

function oneLine(name: string): string {
  return name.replace('\n', ', ')
}
