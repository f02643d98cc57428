import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { sampled, scaled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { times } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { createCounter, readCounter } from './counter.ts'
import { type Gate, gateFor, meetAt } from './gate.ts'
import { PiscinaThreads } from './piscina.ts'
import type { Config } from './scripts/tasks.ts'
import { newSharedUrl, SHARED_CONFIGS } from './shared-configs.ts'
import { mainThread as main, type Thread, WorkerThread } from './thread.ts'

const survivor = new WorkerThread()

afterEach(async () => {
  await Promise.all([main, survivor].map((thread) => thread.do('destroy')))
})

afterAll(() => survivor.terminate())

function newWorker(): WorkerThread {
  const worker = new WorkerThread()
  onTestFinished(() => worker.terminate())
  return worker
}

/** Has a thread begin something that lasts until the thread ends, and returns once it is under way. */
async function begun(endless: (gate: Gate) => Promise<never>): Promise<void> {
  const gate = gateFor(2)
  endless(gate).catch(() => {})
  await meetAt(gate)
}

const endings: readonly (readonly [string, (worker: WorkerThread) => Promise<void>])[] = [
  ['is terminated', (worker) => worker.terminate()],
  [
    'is terminated while it reads a stream',
    async (worker) => {
      await worker.do('readOneRowOf', { table: 't' })
      await worker.terminate()
    },
  ],
  [
    'is terminated in an endless loop',
    async (worker) => {
      await begun((gate) => worker.do('blockForEver', { gate }))
      await worker.terminate()
    },
  ],
  [
    'calls process.exit()',
    async (worker) => {
      await failureOf(worker.do('exit'))
    },
  ],
  [
    'crashes',
    async (worker) => {
      const { message } = await failureOf(worker.do('crash'))
      expect(message).toBe('crashed')
    },
  ],
]

/**
 * Has a thread end with a transaction open, whose lock is in the way of all others, who do not wait for it; returns
 * what they write and read afterwards.
 */
async function rowsAfter(url: string, dying: Thread, end: () => Promise<void>): Promise<unknown[][]> {
  const impatient = { url, connectArgs: { timeout: 0 } }
  await main.do('run', { config: impatient, sql: 'create table t as select 1 as x union select 2' })
  await survivor.do('run', { config: impatient, sql: 'select x from t' })
  await dying.do('begin', { config: url, sql: 'insert into t values (3)' })
  const refused = await failureOf(main.do('run', { config: impatient, sql: 'insert into t values (4)' }))
  expect(refused.code).toBe('SQLITE_BUSY')
  await end()
  await survivor.do('run', { config: impatient, sql: 'insert into t values (5)' })
  await main.do('run', { config: impatient, sql: 'insert into t values (6)' })
  return Promise.all(
    [main, survivor].map((thread) => thread.do('run', { config: impatient, sql: 'select x from t' })),
  )
}

const rowsWithoutTheDead = times(2, [{ x: 1 }, { x: 2 }, { x: 5 }, { x: 6 }])

describe('the lock of an open transaction, and what it wrote, is gone as soon as its thread', () => {
  test.each(endings)('%s, with shared memory', async (_, end) => {
    const dying = newWorker()
    const rows = await rowsAfter(newSharedUrl(), dying, () => end(dying))
    expect(rows).toEqual(rowsWithoutTheDead)
  })

  test.each(sampled(endings))('%s, with a file', async (_, end) => {
    const dying = newWorker()
    const rows = await rowsAfter(join(temporaryDirectory(), 'app.db'), dying, () => end(dying))
    expect(rows).toEqual(rowsWithoutTheDead)
  })

  test("is one of Piscina's, and its pool is destroyed", async () => {
    const pool = new PiscinaThreads(1)
    const rows = await rowsAfter(newSharedUrl(), pool, () => pool.terminate())
    expect(rows).toEqual(rowsWithoutTheDead)
  })
})

test.each(SHARED_CONFIGS)('%s does not outlive the last thread that had it open', async (_, newConfig) => {
  const config = newConfig()
  const dying = newWorker()
  await dying.do('run', { config, sql: 'create table t (x)' })
  await dying.terminate()
  const sql = 'select name from sqlite_schema'
  expect(await main.do('run', { config, sql })).toEqual([])
})

test('a thread that is terminated while it writes leaves no transaction half done', async () => {
  const config: Config = newSharedUrl()
  await createCounter(config, main)
  for (let round = 0; round < scaled(4); round += 1) {
    const dying = newWorker()
    // A thread that is terminated while it loads better-sqlite3's addon takes the process with it.
    await readCounter(config, dying)
    await begun((gate) => dying.do('incrementForEver', { config, gate }))
    await main.do('incrementTogether', { config, times: 5, gate: gateFor(1) })
    await dying.terminate()
    await survivor.do('incrementTogether', { config, times: 5, gate: gateFor(1) })
    const { value, logged } = await readCounter(config, main)
    expect(logged).toBe(value)
  }
})
