/**
 * One database, used by many tasks at once: the three known cures, side by side on the same work.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/which-cure.ts`.
 */
import type { PoolClassName, PooledSqliteDialectConfig } from '@poolclass/dialect'
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { inspect } from 'node:util'
import { printStep, printTable, printText } from './print.ts'
import { createTables, openDatabase, sumOfCounters } from './which-cure/database.ts'
import { prepareInThisThread } from './which-cure/in-this-thread.ts'
import { prepareInThreads } from './which-cure/in-threads.ts'
import { ROUNDS } from './which-cure/task.ts'
import type { PrepareTasks } from './which-cure/tasks.ts'

const TASKS = 4
const PRAGMAS = { journal_mode: 'wal', synchronous: 'normal' }

interface Cure {
  readonly name: string
  readonly where: string
  readonly config: PooledSqliteDialectConfig
  readonly prepare: PrepareTasks
}

interface Measurement {
  readonly cure: Cure
  readonly ms: number
  readonly longestQuickMs: number
  readonly longestStopMs: number
  readonly lost: number
}

await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-which-cure-'))
await compare()

async function compare(): Promise<void> {
  printText(
    `${TASKS} tasks use one database at the same time. Each of them ${ROUNDS} times adds one to a counter, in a ` +
      'transaction that reads it and writes it, and reads a row; both are quick. Now and then it runs a slow query.',
  )
  const measurements = [...(await tryThreads()), ...(await tryLock()), ...(await tryOneThread())]
  showMeasurements(measurements)
  showAdvice()
  for (const { lost } of measurements) assert.equal(lost, 0)
}

async function tryThreads(): Promise<Measurement[]> {
  const name = 'a connection per thread'
  printStep(
    'A connection per thread',
    'Each task runs in a worker thread that opens the database itself, by the same URL. SQLite keeps the connections ' +
      'apart: on the file readers go on while somebody writes; in memory they wait for each other.',
  )
  return [
    await measure({
      name,
      where: 'WAL file',
      config: fileConfig('threads.db', 'QueuePool'),
      prepare: prepareInThreads,
    }),
    await measure({
      name,
      where: 'shared memory',
      config: { url: 'file:threads?mode=memory&cache=shared' },
      prepare: prepareInThreads,
    }),
  ]
}

async function tryLock(): Promise<Measurement[]> {
  printStep(
    'One connection behind a lock',
    'All tasks run in this thread and take turns on one connection. Nobody is ever in the way of another, but while a ' +
      'query runs, nothing else happens in this thread.',
  )
  const config = fileConfig('lock.db', 'StaticPool')
  return [
    await measure({
      name: 'one connection, a lock',
      where: 'WAL file',
      config,
      prepare: prepareInThisThread,
    }),
  ]
}

async function tryOneThread(): Promise<Measurement[]> {
  printStep(
    'All queries on one thread',
    'As before, but the connection lives in a thread of its own, and the tasks get promises. This thread is free ' +
      'meanwhile. What is quick still waits behind what is slow.',
  )
  const config = { ...fileConfig('one-thread.db', 'StaticPool'), threads: 1 }
  return [
    await measure({ name: 'one thread, promises', where: 'WAL file', config, prepare: prepareInThisThread }),
  ]
}

function fileConfig(name: string, poolclass: PoolClassName): PooledSqliteDialectConfig {
  return { url: join(folder.path, name), poolclass, pragmas: PRAGMAS }
}

async function measure(cure: Cure): Promise<Measurement> {
  const { config, prepare } = cure
  const shown = String(config.url).startsWith('file:') ? config.url : basename(String(config.url))
  printText(`\nnew PooledSqliteDialect(${inspect({ ...config, url: shown }, { breakLength: 90 })})`)
  // Kept open: a shared memory database ends with its last connection.
  const db = openDatabase(config)
  try {
    await createTables(db)
    const tasks = await prepare(config, TASKS)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const start = performance.now()
    const longestQuickMs = await tasks.run()
    const ms = performance.now() - start
    delay.disable()
    await tasks.close()
    const lost = TASKS * ROUNDS - (await sumOfCounters(db))
    return { cure, ms, longestQuickMs, longestStopMs: delay.max / 1e6, lost }
  } finally {
    await db.destroy()
  }
}

function showMeasurements(measurements: Measurement[]): void {
  printStep(
    'Side by side',
    'Times are milliseconds. The event loop is that of this thread: the first cure leaves it free, but each of its ' +
      'threads has one of its own, which its queries stop.',
  )
  printTable(
    ['cure', 'database', 'total', 'longest quick', 'event loop stopped', 'lost'],
    measurements.map(({ cure, ms, longestQuickMs, longestStopMs, lost }) => [
      cure.name,
      cure.where,
      Math.round(ms),
      longestQuickMs,
      longestStopMs,
      lost,
    ]),
  )
}

function showAdvice(): void {
  printStep('When to use which', 'None of them is best for everything.')
  printTable(
    ['you have', 'use'],
    [
      ['work in worker threads already', 'a connection per thread, on a WAL file'],
      ['threads that share what no file should hold', 'a connection per thread, on shared memory'],
      ['short queries only, in one thread', 'one connection behind a lock: StaticPool'],
      ['a private memory database', 'the same: SingletonThreadPool, the default'],
      ['slow queries, and a server that must answer', 'threads: 1, and more if one query must not wait'],
    ],
  )
}
