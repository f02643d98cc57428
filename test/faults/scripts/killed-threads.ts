/**
 * Has the worker thread die again and again, idle, in a query, in a write, in a transaction and in a stream, and
 * prints what is wrong afterwards, and what the process has meanwhile. Arguments: the config in JSON, how many deaths.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import * as fc from 'fast-check'
import { CompiledQuery, type DatabaseConnection, Kysely } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { failureOf } from '../../support/failure.ts'
import { type Executor, run } from '../../support/statements.ts'
import { CREATOR, UP_TO } from '../../threads/creators.ts'
import { footprint } from './footprint.ts'

const [config = '', count = ''] = process.argv.slice(2)
const dialect = new PooledSqliteDialect({
  ...(JSON.parse(config) as PooledSqliteDialectConfig),
  threads: 1,
  creator: CREATOR,
})
const db = new Kysely<any>({ dialect })
const driver = dialect.createDriver()
await driver.init()

const READ = CompiledQuery.raw(`${UP_TO} select i, sleep(1) from c`, [10_000])
const INSERT = 'insert into t values (?, 1 + 0 * sleep(3)), (?, 2 + 0 * sleep(3))'

const acknowledged = new Set<number>()
const refused = new Set<number>()
const wrong: unknown[] = []
let last = 0

/** Kills the thread some milliseconds into a query. */
async function killIn(executor: Executor, query: CompiledQuery, milliseconds: number): Promise<void> {
  const controller = new AbortController()
  const running = executor
    .executeQuery(query, { signal: controller.signal, inflightQueryAbortStrategy: 'kill session' })
    .catch(() => {})
  await delay(milliseconds)
  controller.abort()
  await running
}

async function exitIn(executor: Executor): Promise<void> {
  await failureOf(run(executor, 'select exit_thread()'))
}

async function inTransaction(die: (trx: Executor) => Promise<void>): Promise<void> {
  const id = ++last
  refused.add(id)
  await failureOf(
    db.transaction().execute(async (trx) => {
      await run(trx, 'insert into t values (?, 1)', id)
      await die(trx)
      await run(trx, 'insert into t values (?, 2)', id)
    }),
  )
}

async function inSession(program: (session: DatabaseConnection) => Promise<void>): Promise<void> {
  const session = await driver.acquireConnection({})
  try {
    await program(session)
  } finally {
    await driver.releaseConnection(session)
  }
}

async function killSession(session: DatabaseConnection): Promise<void> {
  await session.killSession?.(() => Promise.reject(new Error('no connection is needed to kill one')))
}

async function readToEnd(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

/** Each is given some milliseconds. */
const DEATHS: readonly ((milliseconds: number) => Promise<void>)[] = [
  () => inSession(killSession),
  (milliseconds) => killIn(db, READ, milliseconds),
  () => exitIn(db),
  (milliseconds) => killIn(db, CompiledQuery.raw(INSERT, [++last, last]), milliseconds % 6),
  (milliseconds) => inTransaction((trx) => killIn(trx, READ, milliseconds)),
  () => inTransaction(exitIn),
  (milliseconds) =>
    inSession(async (session) => {
      const stream = session.streamQuery(READ, 3)
      await stream.next()
      await delay(milliseconds)
      await killSession(session)
      await failureOf(readToEnd(stream))
    }),
  (milliseconds) =>
    inSession(async (session) => {
      const text = `${UP_TO} select i, iif(i = ?, exit_thread(), 0) from c`
      const stream = session.streamQuery(CompiledQuery.raw(text, [10_000, milliseconds * 300]), 100)
      await failureOf(readToEnd(stream))
    }),
]

/** What the next query finds: all that was acknowledged, nothing that was refused, nothing half. */
async function check(death: number): Promise<void> {
  const id = ++last
  await run(db, 'insert into t values (?, 1), (?, 2)', id, id)
  acknowledged.add(id)
  const rows: { id: number; parts: number }[] = await run(
    db,
    'select id, count(*) as parts from t group by id',
  )
  const there = new Set(rows.map((row) => row.id))
  const half = rows.filter(({ parts }) => parts !== 2)
  const lost = acknowledged.difference(there)
  const unwanted = refused.intersection(there)
  if (half.length + lost.size + unwanted.size > 0) {
    wrong.push({ death, half, lost: Array.from(lost), unwanted: Array.from(unwanted) })
  }
}

await run(db, 'create table t (id, part)')
const moments = fc.sample(fc.noBias(fc.integer({ min: 1, max: 15 })), {
  seed: 20_261_120,
  numRuns: Number(count),
})
const start = await footprint()
let tenth = start
let half = start
for (const [death, milliseconds] of moments.entries()) {
  await DEATHS[death % DEATHS.length]?.(milliseconds)
  await check(death)
  if (death + 1 === Math.ceil(moments.length / 10)) tenth = await footprint()
  if (death + 1 === Math.ceil(moments.length / 2)) half = await footprint(tenth)
}
const end = await footprint(tenth)
const [{ integrity_check: integrity }] = await run(db, 'pragma integrity_check')
await driver.destroy()
await db.destroy()
process.stdout.write(`${JSON.stringify({ wrong, integrity, footprints: { start, tenth, half, end } })}\n`)
