import type { PoolStatus } from '@poolclass/pools'
import { isReadOnly } from '../config/read-only.ts'
import type { Connection } from '../connection/connection.ts'
import type { Engine } from '../engine.ts'
import { nameOf } from '../url/sqlite-location.ts'
import { VERSION } from '../version.ts'
import { untilNotBusy } from '../waiting/busy.ts'
import { Wait } from '../waiting/wait.ts'
import { walSize } from '../wal/wal-size.ts'
import { type Writer, writerOf } from './write-lock.ts'

/** The result of `dialect.check()`, a plain object. Facts that a libSQL server does not tell are absent. */
export interface DatabaseCheck {
  /** The last part of a file's path, the name of a shared memory, or `:memory:`. */
  readonly database: string
  readonly journalMode?: string
  readonly versions: {
    readonly sqlite: string
    /** Such as `better-sqlite3 13.2.0`. Only the name, if a bundler has left out the version. */
    readonly driver: string
    /** The version of `@poolclass/dialect`. */
    readonly dialect: string
  }
  /** How many tables the schema of the main database has, without SQLite's own. */
  readonly tables: number
  readonly size?: {
    readonly bytes: number
    readonly pageSize: number
    readonly pages: number
    /** Pages without content. SQLite will use them for new content. */
    readonly freePages: number
  }
  /** Absent without a WAL. */
  readonly wal?: {
    readonly bytes: number
    /** `walLimit` in bytes. 0 means that the dialect keeps no limit. */
    readonly limit: number
  }
  /** Absent if the connections only read. */
  readonly locks?: {
    /** The holder of the write lock. `another` means a connection in another process, thread or library. */
    readonly writer: Writer
    /** How many writers of this thread waited for their turn. */
    readonly waiting: number
  }
  /** In milliseconds. */
  readonly latency: {
    /** The time until a connection of the pool was free, or open. */
    readonly connection: number
    /** The time to read the schema. */
    readonly query: number
  }
  /** It includes the connection that the check used. */
  readonly pool: PoolStatus
}

/** Rejects as soon as the signal fires, even while a thread still runs a long statement. */
export async function check(engine: Engine, signal: AbortSignal | undefined): Promise<DatabaseCheck> {
  signal?.throwIfAborted()
  const checking = engine.runTask((ended) =>
    find(engine, signal === undefined ? ended : AbortSignal.any([signal, ended])),
  )
  const wait = new Wait(signal)
  checking.then(wait.end, (error: unknown) => wait.fail(error))
  await wait.over
  return await checking
}

async function find(engine: Engine, signal: AbortSignal): Promise<DatabaseCheck> {
  const start = performance.now()
  const pooled = await engine.pool.connect({ signal })
  try {
    return await found(engine, pooled.connection, performance.now() - start, signal)
  } finally {
    await pooled.close()
  }
}

async function found(
  engine: Engine,
  connection: Connection,
  wait: number,
  signal: AbortSignal,
): Promise<DatabaseCheck> {
  const start = performance.now()
  const read = (sql: string): Promise<Row> => firstRow(engine, connection, sql, signal)
  const { sqlite, tables } = await read(SCHEMA)
  const latency = { connection: wait, query: performance.now() - start }
  const { location } = engine.config
  return {
    database: nameOf(location),
    versions: { sqlite: String(sqlite), driver: driverOf(engine), dialect: VERSION },
    tables: Number(tables),
    ...(location.kind !== 'server' && storage(engine, await read(STORAGE))),
    ...(location.kind !== 'server' && (await locks(engine, connection))),
    latency,
    pool: engine.pool.status(),
  }
}

type Row = Readonly<Record<string, unknown>>

async function firstRow(
  engine: Engine,
  connection: Connection,
  sql: string,
  signal: AbortSignal,
): Promise<Row> {
  signal.throwIfAborted()
  const { rows } = await untilNotBusy(
    () => connection.execute(sql, []),
    () => engine.busyWait(undefined, signal),
  )
  return rows[0] as Row
}

function driverOf({ config: { driver }, database }: Engine): string {
  const version = database.version()
  return version === undefined ? driver.name : `${driver.name} ${version}`
}

function storage(
  { config: { location, walLimit } }: Engine,
  row: Row,
): Pick<DatabaseCheck, 'journalMode' | 'size' | 'wal'> {
  const [pageSize, pages, freePages] = [row['page_size'], row['page_count'], row['freelist_count']].map(
    Number,
  )
  const journalMode = String(row['journal_mode'])
  return {
    journalMode,
    size: { bytes: pageSize! * pages!, pageSize: pageSize!, pages: pages!, freePages: freePages! },
    ...(location.kind === 'file' &&
      journalMode === 'wal' && { wal: { bytes: walSize(location.path), limit: walLimit } }),
  }
}

async function locks(engine: Engine, connection: Connection): Promise<Pick<DatabaseCheck, 'locks'>> {
  // On a read-only connection, SQLite takes no write lock, so it does not tell whether another connection has it.
  if (isReadOnly(engine.config)) return {}
  const waiting = engine.writeQueue?.waiting ?? 0
  return { locks: { writer: await writerOf(engine, connection), waiting } }
}

const SCHEMA =
  "select sqlite_version() as sqlite, (select count(*) from sqlite_schema where type = 'table' and name not like 'sqlite@_%' escape '@') as tables"
const STORAGE =
  'select * from pragma_journal_mode, pragma_page_size, pragma_page_count, pragma_freelist_count'
