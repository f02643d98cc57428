/**
 * How large the WAL grows where readers overlap: three tasks that stream a table of 1.2 MB again and again, and one that
 * updates its rows one by one. Each contestant has a process and a folder of its own.
 *
 * ```sh
 * npx -y pnpm@12.21.0 bench:wal --seconds 60
 * ```
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, stat, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { PooledSqliteDialect } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { type Generated, Kysely, sql, SqliteDialect } from 'kysely'
import { markdownTable } from 'markdown-table'

interface Tables {
  note: { id: Generated<number>; text: string; version: number }
}
type Db = Kysely<Tables>

/** Three that read and one that writes. Some of them may be the same. */
interface Parts {
  readonly readers: readonly Db[]
  readonly writer: Db
}

interface Figures {
  readonly contestant: string
  /** Seconds of processor time, of all threads: a busy machine has less to give. */
  readonly seconds: number
  readonly largest: number
  readonly rows: number
  readonly writes: number
  /** In milliseconds, as the following. */
  readonly longestRead: number
  readonly longestWrite: number
  readonly longestGap: number
}

const MB = 1024 ** 2
const LIMIT = 64 * MB
const ROWS = 10_000
const FILE = 'bench.db'
const READERS = [0, 1, 2]

const contestants: Readonly<Record<string, () => Parts>> = {
  QueuePool: () => pooled({}),
  'QueuePool, walLimit: 0': () => pooled({ walLimit: 0 }),
  'QueuePool, threads: 2': () => pooled({ threads: 2 }),
  'Kysely’s dialect, four connections': () => fourConnections(),
  'the same, with better-sqlite3’s advice': () => fourConnections(restartWhenLarge),
}

function pooled(more: { walLimit?: number; threads?: number }): Parts {
  const pragmas = { journal_mode: 'wal', synchronous: 'normal' }
  const db: Db = new Kysely({
    dialect: new PooledSqliteDialect({ url: FILE, poolclass: 'QueuePool', pragmas, ...more }),
  })
  return { readers: READERS.map(() => db), writer: db }
}

function fourConnections(watch?: (database: BetterSqlite3.Database) => void): Parts {
  const open = (): Db => {
    const database = new BetterSqlite3(FILE)
    database.pragma('journal_mode = wal')
    database.pragma('synchronous = normal')
    watch?.(database)
    watch = undefined
    return new Kysely({ dialect: new SqliteDialect({ database }) })
  }
  return { writer: open(), readers: READERS.map(open) }
}

/** https://github.com/WiseLibs/better-sqlite3/blob/master/docs/performance.md#checkpoint-starvation */
function restartWhenLarge(database: BetterSqlite3.Database): void {
  const look = (): void =>
    stat(`${FILE}-wal`, (error, found) => {
      if (error === null && found.size > LIMIT) database.pragma('wal_checkpoint(RESTART)')
    })
  setInterval(look, 5000).unref()
}

async function fill(db: Db): Promise<void> {
  await sql`create table note (id integer primary key, text text not null, version integer not null)`.execute(
    db,
  )
  await sql`with recursive n (id) as (select 1 union all select id + 1 from n where id < ${ROWS})
    insert into note select id, printf('%0100d', id), 0 from n`.execute(db)
}

async function run(contestant: string, seconds: number): Promise<Figures> {
  const { readers, writer } = contestants[contestant]!()
  await fill(writer)
  const before = process.cpuUsage()
  const end = performance.now() + seconds * 1000
  let [rows, writes, largest, longestRead, longestWrite, longestGap] = [0, 0, 0, 0, 0, 0]
  let last = performance.now()
  const beat = (): void => {
    const now = performance.now()
    longestGap = Math.max(longestGap, now - last)
    last = now
    largest = Math.max(largest, statSync(`${FILE}-wal`).size)
  }
  const timer = setInterval(beat, 5)
  // Of several lengths, or they would end all at once.
  const read = async (db: Db, reader: number): Promise<void> => {
    const count = ROWS - reader * 2500
    while (performance.now() < end) {
      const began = performance.now()
      let isFirst = true
      for await (const _ of db.selectFrom('note').selectAll().limit(count).stream()) {
        if (isFirst) longestRead = Math.max(longestRead, performance.now() - began)
        isFirst = false
        rows += 1
      }
    }
  }
  const write = async (): Promise<void> => {
    for (; performance.now() < end; writes += 1) {
      const began = performance.now()
      await writer
        .updateTable('note')
        .set((set) => ({ version: set('version', '+', 1) }))
        .where('id', '=', ((writes * 389) % ROWS) + 1)
        .execute()
      longestWrite = Math.max(longestWrite, performance.now() - began)
    }
  }
  await Promise.all([...readers.map(read), write()])
  beat()
  clearInterval(timer)
  const { user, system } = process.cpuUsage(before)
  return {
    contestant,
    seconds: (user + system) / 1e6,
    largest,
    rows,
    writes,
    longestRead,
    longestWrite,
    longestGap,
  }
}

async function inProcessOfItsOwn(contestant: string, seconds: string): Promise<Figures> {
  const cwd = mkdtempSync(join(tmpdir(), 'poolclass-wal-'))
  try {
    const child = fork(import.meta.filename, ['--contestant', contestant, '--seconds', seconds], { cwd })
    const exited = once(child, 'exit')
    const [figures] = (await Promise.race([once(child, 'message'), exited])) as [Figures | number | null]
    if (figures === null || typeof figures === 'number')
      throw new Error(`${contestant} ended without figures, with ${child.exitCode ?? child.signalCode}`)
    await exited
    return figures
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

function rowOf({ contestant, seconds, largest, rows, writes, ...longest }: Figures): string[] {
  return [
    contestant,
    `${(largest / MB).toFixed(0)} MB`,
    (rows / seconds).toFixed(0),
    (writes / seconds).toFixed(0),
    ...[longest.longestRead, longest.longestWrite, longest.longestGap].map((ms) => `${ms.toFixed(0)} ms`),
  ]
}

const HEAD = [
  'contestant',
  'largest WAL',
  'rows read in a second of processor time',
  'rows written in it',
  'longest wait for the first row of a stream',
  'longest write',
  'longest gap of a 5 ms timer',
]

const { values } = parseArgs({
  options: {
    contestant: { type: 'string' },
    only: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '60' },
  },
})
if (values.contestant === undefined) {
  const rows = [HEAD]
  for (const name of values.only ?? Object.keys(contestants)) {
    rows.push(rowOf(await inProcessOfItsOwn(name, values.seconds)))
  }
  console.log(markdownTable(rows, { align: ['l', ...HEAD.slice(1).map(() => 'r')] }))
} else {
  const figures = await run(values.contestant, Number(values.seconds))
  process.send!(figures, () => process.exit())
}
