import { hasSubscribers } from 'node:diagnostics_channel'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { traceTo } from '@poolclass/dialect'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'

interface TraceEvent {
  readonly ph: string
  readonly cat: string
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur: number
  readonly cname?: string
  readonly args: Record<string, unknown>
}

function eventsIn(text: string): TraceEvent[] {
  return JSON.parse(text) as TraceEvent[]
}

/** What the file of a trace has, by the names of its lanes. */
function lanesOf(events: TraceEvent[]): Map<string, TraceEvent[]> {
  const names = events.filter(({ name }) => name === 'thread_name')
  const inLane = ({ pid, tid }: TraceEvent): TraceEvent[] =>
    events
      .filter((event) => event.ph === 'X' && event.pid === pid && event.tid === tid)
      .toSorted((a, b) => a.ts - b.ts || b.dur - a.dur)
  return new Map(names.map((event) => [String(event.args['name']), inLane(event)]))
}

const endOf = ({ ts, dur }: TraceEvent): number => ts + dur

test('a trace shows a writer that waits for a transaction, in the line of writers and beside the one that it waits for', async () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'trace.json')
  const url = join(directory, 'app.db')
  const { db } = open({ url, poolclass: 'QueuePool', poolName: 'orders', pragmas: { journal_mode: 'wal' } })
  {
    using trace = traceTo(pathToFileURL(path))
    expect(trace.close).toBeTypeOf('function')
    await sql`create table t (a)`.execute(db)
    const trx = await db.startTransaction().execute()
    await sql`insert into t values (${'a secret value'})`.execute(trx)
    const waiting = sql`insert into t values (2)`.execute(db)
    await delay(5)
    await trx.commit().execute()
    await waiting
  }
  const text = readFileSync(path, 'utf8')
  expect(text).not.toContain('a secret value')
  const events = eventsIn(text)
  expect(events[0]).toMatchObject({ ph: 'M', name: 'process_name', args: { name: 'orders' } })
  const lanes = lanesOf(events)
  expect(lanes.get('line of writers')).toMatchObject([
    {
      cat: 'wait',
      name: 'waits in the line of writers',
      cname: 'bad',
      args: {
        sql: 'insert into t values (2)',
        'held by': 'app.db#1',
        'held since': expect.stringContaining('trace-file.test.ts'),
      },
    },
  ])
  const connection = lanes.get('app.db#1')!
  const transaction = connection.find(({ cat }) => cat === 'transaction')!
  expect(transaction).toMatchObject({ name: 'transaction, committed', cname: 'good' })
  const inside = connection.filter(
    (event) => event.cat === 'query' && event.ts >= transaction.ts && endOf(event) <= endOf(transaction),
  )
  expect(inside.map(({ name }) => name)).toEqual(['begin immediate', 'insert into t values (?)', 'commit'])
  const [wait] = lanes.get('line of writers')!
  expect(wait!.ts).toBeGreaterThan(transaction.ts)
  expect(wait!.ts).toBeLessThan(endOf(transaction))
})

test.each(['QueuePool', 'NullPool', 'StaticPool'] as const)(
  'what overlaps in a lane of a %s lies within each other, as the viewers want it',
  async (poolclass) => {
    const directory = temporaryDirectory()
    const path = join(directory, 'trace.json')
    const { db } = open({ url: join(directory, 'app.db'), poolclass, pragmas: { journal_mode: 'wal' } })
    using trace = traceTo(path)
    await sql`create table t (a)`.execute(db)
    const work = Array.from({ length: 12 }, async (_, index) => {
      await sql`insert into t values (${index})`.execute(db)
      await db.transaction().execute(async (trx) => {
        await sql`select * from t`.execute(trx)
        await sql`insert into t values (${index})`.execute(trx)
      })
      for await (const row of db.selectFrom('t').selectAll().stream(3)) expect(row).toBeDefined()
    })
    await Promise.all(work)
    await db.destroy()
    trace.close()
    const lanes = lanesOf(eventsIn(readFileSync(path, 'utf8')))
    expect([...lanes.values()].flat().filter(({ cat }) => cat === 'query').length).toBeGreaterThan(70)
    expect([...lanes].flatMap(([name, events]) => crossings(name, events))).toEqual([])
  },
)

test('the file grows while the trace goes on, and ends with its close()', async () => {
  const path = join(temporaryDirectory(), 'trace.json')
  const { db } = open(':memory:')
  const trace = traceTo(path)
  for (let index = 0; index < 500; index += 1) await sql`select 1`.execute(db)
  const { size } = statSync(path)
  expect(size).toBeGreaterThan(60_000)
  trace.close()
  trace.close()
  const events = eventsIn(readFileSync(path, 'utf8'))
  await sql`select 2`.execute(db)
  expect(events.filter(({ cat }) => cat === 'query')).toHaveLength(500)
  expect(hasSubscribers('tracing:poolclass:query:asyncEnd')).toBe(false)
})

test.each([
  ['killed', 100],
  ['thrown', 1000],
  ['exit', 1000],
])('the trace of a process that ends so can be read: %s', { tags: 'slow' }, async (end, atLeast) => {
  const path = join(temporaryDirectory(), 'trace.json')
  const script = join(import.meta.dirname, 'scripts/dies-while-tracing.ts')
  const child = spawn(process.execPath, ['--conditions', 'source', script, path, end], { stdio: 'ignore' })
  await once(child, 'exit')
  const text = readFileSync(path, 'utf8')
  expect(text.endsWith(']')).toBe(false)
  const queries = eventsIn(`${text}]`).filter(({ cat }) => cat === 'query')
  expect(queries.length).toBeGreaterThanOrEqual(atLeast)
})

test('a file that cannot be written is an error at once, and nobody listens then', () => {
  const path = join(temporaryDirectory(), 'missing/trace.json')
  expect(() => traceTo(path)).toThrow('ENOENT')
  expect(hasSubscribers('tracing:poolclass:query:asyncEnd')).toBe(false)
})

test('a disk that is full ends the trace with a warning, and no query fails', async () => {
  const warnings = collectWarnings('POOLCLASS_TRACE')
  const { db } = open(':memory:')
  const trace = traceTo('/dev/full')
  onTestFinished(() => trace.close())
  for (let index = 0; index < 1000; index += 1) await sql`select 1`.execute(db)
  await delay(1)
  expect(warnings).toMatchObject([
    {
      message: expect.stringMatching(
        /^The trace \/dev\/full ends here, because it cannot be written: ENOSPC/,
      ),
    },
  ])
})

test('a part that cannot be described is left out of the trace with one warning, and no query fails', async () => {
  const warnings = collectWarnings('POOLCLASS_TRACE')
  const directory = temporaryDirectory()
  const path = join(directory, 'trace.json')
  const { db } = open({ url: join(directory, 'app.db'), poolclass: 'QueuePool' })
  await sql`create table t (a)`.execute(db)
  const trace = traceTo(path)
  for (let round = 0; round < 2; round += 1) {
    const trx = await db.startTransaction().execute()
    const waiting = sql`insert into t values (2)`.execute(db)
    await delay(5)
    const { prepareStackTrace } = Error
    // The wait that ends now shows where the transaction was begun.
    Error.prepareStackTrace = (error) => {
      if (error.message.startsWith('a transaction')) throw new Error('no source map')
      return String(error)
    }
    try {
      await trx.commit().execute()
      await waiting
    } finally {
      Error.prepareStackTrace = prepareStackTrace
    }
  }
  trace.close()
  expect(warnings).toMatchObject([
    { message: expect.stringMatching(/^The trace .*trace\.json has gaps: no source map$/) },
  ])
  expect(eventsIn(readFileSync(path, 'utf8')).map(({ name }) => name)).toContain('transaction, committed')
})

test.skipIf(process.platform === 'win32')(
  'a trace that a disk has no more room for ends with a whole event',
  async () => {
    const path = join(temporaryDirectory(), 'trace.json')
    const script = join(import.meta.dirname, 'scripts/dies-while-tracing.ts')
    const limited = 'ulimit -f 150 && exec "$0" --conditions source "$@"'
    const child = spawn('sh', ['-c', limited, process.execPath, script, path, 'exit'], { stdio: 'ignore' })
    await once(child, 'exit')
    const text = readFileSync(path, 'utf8')
    expect(eventsIn(`${text}]`).length).toBeGreaterThan(10)
  },
)

/** Which events of a lane begin within another one and end after it. */
function crossings(lane: string, events: TraceEvent[]): string[] {
  const around: TraceEvent[] = []
  return events.flatMap((event) => {
    while (around.length > 0 && endOf(around.at(-1)!) <= event.ts + TICK) around.pop()
    const outer = around.at(-1)
    around.push(event)
    const isWithin = outer === undefined || endOf(event) <= endOf(outer) + TICK
    return isWithin ? [] : [`${lane}: ${event.name} begins in ${outer.name}`]
  })
}

/** Microseconds: the times of an event were rounded. */
const TICK = 0.01
