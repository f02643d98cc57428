/**
 * Runs queries of all kinds, several at once, and prints what the process has meanwhile.
 * Arguments: the config in JSON, how many queries, how many at once.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { failureOf } from '../../support/failure.ts'
import { run } from '../../support/statements.ts'
import { type Footprint, footprint } from './footprint.ts'

const ROWS = 20
const BETWEEN_COLLECTIONS = 1000

const [config = '', count = '', atOnce = ''] = process.argv.slice(2)
const parsed = JSON.parse(config) as PooledSqliteDialectConfig
const creator = new URL('collecting.ts', import.meta.url)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect(parsed.threads === 0 ? parsed : { ...parsed, creator }),
})
let increments = 0
let started = 0
const tasks = (Number(count) / 15) * 10

/** Fifteen queries, with those that begin and end the transactions. */
const KINDS: readonly (() => Promise<unknown>)[] = [
  () => run(db, 'select id, value from counter where id = 1'),
  () => run(db, 'select id, value from counter'),
  () => run(db, `select ${started} as never_asked_before`),
  () => failureOf(run(db, 'selec')),
  () => increment(db),
  () => db.connection().execute(increment),
  () => db.transaction().execute(increment),
  () => failureOf(db.transaction().execute(fail)),
  () => read(ROWS),
  () => read(ROWS / 2),
]

async function increment(executor: Pick<Kysely<any>, 'executeQuery'>): Promise<void> {
  await run(executor, 'update counter set value = value + 1 where id = 1')
  increments += 1
}

async function fail(trx: Pick<Kysely<any>, 'executeQuery'>): Promise<void> {
  await run(trx, 'update counter set value = value + 1 where id = 1')
  await run(trx, 'insert into counter values (1, 0)')
}

async function read(rows: number): Promise<void> {
  let seen = 0
  for await (const _ of db.selectFrom('counter').selectAll().stream(3)) if (++seen === rows) break
}

async function runUntil(end: number): Promise<void> {
  while (started < end) {
    started += 1
    await KINDS[started % KINDS.length]?.()
  }
}

/** The native memory of a statement is freed by the first turn of the event loop after its object was collected. */
async function collectGarbage(): Promise<void> {
  globalThis.gc?.()
  if (parsed.threads !== 0) await run(db, 'select collect_garbage()')
}

async function footprintWithThread(before?: Footprint): Promise<Footprint> {
  const process = await footprint(before)
  if (parsed.threads === 0) return process
  const [{ heapUsedInThread }] = await run(db, 'select heap_used() as heapUsedInThread')
  return { ...process, heapUsedInThread }
}

async function runAllUntil(end: number): Promise<void> {
  for (let next = started; next < end;) {
    next = Math.min(end, next + BETWEEN_COLLECTIONS)
    const until = next
    await Promise.all(Array.from({ length: Number(atOnce) }, () => runUntil(until)))
    await collectGarbage()
  }
}

await run(db, 'create table counter (id integer primary key, value)')
for (let id = 1; id <= ROWS; id += 1) await run(db, 'insert into counter values (?, 0)', id)
const start = await footprint()
await runAllUntil(tasks / 10)
const tenth = await footprintWithThread()
await runAllUntil(tasks / 2)
const half = await footprintWithThread(tenth)
await runAllUntil(tasks)
const end = await footprintWithThread(tenth)
const [{ value }] = await run(db, 'select value from counter where id = 1')
await db.destroy()
process.stdout.write(
  `${JSON.stringify({ footprints: { start, tenth, half, end }, lost: increments - value })}\n`,
)
