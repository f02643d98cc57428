import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { type Kysely, sql } from 'kysely'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { CheckpointMessage } from '../../packages/dialect/src/diagnostics/channels.ts'
import { messagesOf } from '../support/channels.ts'
import { testedDriver } from '../support/driver.ts'
import { Heartbeat } from '../support/heartbeat.ts'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { openPlain } from '../support/open-plain.ts'
import { handleOf, PlainDatabase } from '../support/plain-database.ts'
import { resultOf, ScriptProcess } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'

const MB = 1024 ** 2
const LIMIT = 8 * MB
/** Less than what is written beside streams, and so the size of a WAL that nobody empties. */
const MUCH = 48 * MB
const ROWS = 2000

interface Database {
  note: { id: number; text: string; version: number }
}

const WAL = { journal_mode: 'wal', synchronous: 'off' }

function file(): string {
  return join(temporaryDirectory(), 'app.db')
}

function openFile(
  url: string,
  more: Omit<PooledSqliteDialectConfig, 'url'> = {},
): ReturnType<typeof open<Database>> {
  return open<Database>({ url, poolclass: 'QueuePool', walLimit: LIMIT, pragmas: WAL, ...more })
}

async function fill(db: Kysely<Database>): Promise<void> {
  await sql`create table note (id integer primary key, text text not null, version integer not null)`.execute(
    db,
  )
  await sql`with recursive n (id) as (select 1 union all select id + 1 from n where id < ${ROWS})
    insert into note select id, printf('%0200d', id), 0 from n`.execute(db)
}

/** Writes about so many bytes to the WAL, in transactions of some 32 pages. */
async function write(
  db: Kysely<Database>,
  bytes: number,
  afterEach: () => unknown = () => {},
): Promise<void> {
  for (let written = 0, first = 1; written < bytes; written += 32 * 4096, first = (first + 700) % ROWS) {
    await db
      .updateTable('note')
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('id', '>=', first)
      .where('id', '<', first + 600)
      .execute()
    await afterEach()
  }
}

function walSize(url: string): number {
  return statSync(`${url}-wal`, { throwIfNoEntry: false })?.size ?? 0
}

/** The WAL has been emptied, without anybody writing. */
async function untilEmptied(url: string): Promise<void> {
  await vi.waitFor(() => expect(walSize(url)).toBeLessThan(LIMIT), { timeout: 20_000, interval: 20 })
}

/** Streams that begin one after the other, and overlap where the pool lets them, until they are told to end. */
function overlappingStreams(db: Kysely<Database>): { end(): Promise<void> } {
  const over = new AbortController()
  const readAgain = async (start: number): Promise<void> => {
    await delay(start)
    while (!over.signal.aborted) {
      let rows = 0
      for await (const _ of db.selectFrom('note').selectAll().stream(100)) {
        rows += 1
        if (rows % 500 === 0) await delay(5)
      }
      expect(rows).toBe(ROWS)
    }
  }
  const reading = Promise.all([0, 10, 20].map(readAgain))
  reading.catch(() => {})
  return {
    end: async () => {
      over.abort()
      await reading
    },
  }
}

/** Writes 64 MB beside streams; the largest that the WAL has been. */
async function largestBesideStreams(
  writer: Kysely<Database>,
  reader: Kysely<Database>,
  url: string,
): Promise<number> {
  const streams = overlappingStreams(reader)
  let largest = 0
  await write(writer, 64 * MB, async () => {
    largest = Math.max(largest, walSize(url))
    await delay(1)
  })
  await streams.end()
  return largest
}

/** A stream of one row that is given up after 50 ms. */
async function readBriefly(db: Kysely<Database>): Promise<void> {
  const stream = db
    .selectFrom('note')
    .selectAll()
    .limit(1)
    .stream({ signal: AbortSignal.timeout(50) })
  for await (const { id } of stream) expect(id).toBe(1)
}

const plainCreator: NonNullable<PooledSqliteDialectConfig['creator']> = (_location, { filename }) =>
  handleOf(new PlainDatabase(filename, { timeout: 0 }))

/** What was written is there. */
async function expectWhole(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
  expect(rows[0]?.integrity_check).toBe('ok')
}

const FILES = PLACES.filter(({ kind }) => kind === 'file')

test.each(FILES)(
  '%s: a thread moves all of the WAL while one writes',
  { tags: 'slow' },
  async ({ poolclass }) => {
    const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
    const url = file()
    const { db } = openFile(url, { poolclass })
    await fill(db)
    // On a pool that keeps no connection, the last one to close would empty it.
    const kept = openPlain(url)
    kept.prepare('select count(*) from note').get()
    const isMoved = (): boolean => checkpoints.some(({ isComplete }) => isComplete)
    const until = performance.now() + 60_000
    while (!isMoved() && performance.now() < until) await write(db, MB, () => delay(1))
    expect(isMoved()).toBe(true)
    await expectWhole(db)
  },
)

test.each(FILES.filter(({ single }) => !single))(
  '%s: the WAL is emptied again and again although streams overlap',
  { tags: 'slow' },
  async ({ poolclass }) => {
    const url = file()
    const { db } = openFile(url, { poolclass })
    await fill(db)
    expect(await largestBesideStreams(db, db, url)).toBeLessThan(MUCH)
    await untilEmptied(url)
    await expectWhole(db)
  },
)

test(
  'the streams of another dialect in this thread make way, also of one that only reads',
  { tags: 'slow' },
  async () => {
    const url = file()
    const { db } = openFile(url)
    await fill(db)
    const { db: reader } = openFile(url, { connectArgs: { readonly: true }, walLimit: null, pragmas: null })
    expect(await largestBesideStreams(db, reader, url)).toBeLessThan(MUCH)
  },
)

test('a WAL that ends just beyond its limit is emptied, although nobody writes any more', async () => {
  const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
  const url = file()
  const { db } = openFile(url)
  await fill(db)
  const rows = db.selectFrom('note').selectAll().stream(10)
  await rows.next()
  while (walSize(url) < LIMIT - 3 * MB) await write(db, MB / 8)
  // It is left as large as it is, because somebody reads: the next checkpoint is due when there is much more.
  await vi.waitFor(() => expect(checkpoints.length).toBeGreaterThan(0), { timeout: 20_000, interval: 5 })
  while (walSize(url) <= LIMIT) await write(db, MB / 8)
  await rows.return?.()
  await untilEmptied(url)
})

test('long queries in threads make way, although one of them always runs', { tags: 'slow' }, async () => {
  const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
  const { db } = openFile(file(), { threads: 3 })
  await fill(db)
  const over = new AbortController()
  const queryAgain = async (start: number): Promise<void> => {
    await delay(start)
    while (!over.signal.aborted) {
      await sql`with recursive n (id) as (select 1 union all select id + 1 from n where id < 700000)
        select count(*), (select max(version) from note) from n`.execute(db)
    }
  }
  const querying = Promise.all([queryAgain(0), queryAgain(60)])
  const isEmptied = (): boolean =>
    checkpoints.some(
      ({ isComplete, walBefore, walAfter }) => isComplete && walBefore > LIMIT && walAfter === 0,
    )
  const until = performance.now() + 60_000
  while (!isEmptied() && performance.now() < until) await write(db, MB, () => delay(1))
  over.abort()
  await querying
  expect(isEmptied()).toBe(true)
})

test('two processes that write and stream keep the WAL small together', { tags: 'slow' }, async () => {
  const url = file()
  const { db } = openFile(url)
  await fill(db)
  const script = (): Promise<{ largest: number }> =>
    resultOf('concurrency/scripts/write-and-stream.ts', [url, String(LIMIT), testedDriver])
  const results = await Promise.all([script(), script()])
  for (const { largest } of results) expect(largest).toBeLessThan(MUCH)
  await expectWhole(db)
})

test(
  'the WAL is emptied again and again although another process writes without a pause and streams overlap',
  { tags: 'slow' },
  async () => {
    const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
    const url = file()
    const { db } = openFile(url)
    await fill(db)
    const neighbour = new ScriptProcess('concurrency/scripts/write-without-pause.ts', [url])
    await neighbour.hasPrinted(1)
    const streams = overlappingStreams(db)
    const isEmptied = (): boolean =>
      checkpoints.filter(({ mode, isComplete }) => mode === 'truncate' && isComplete).length > 2
    await vi.waitFor(() => expect(isEmptied()).toBe(true), { timeout: 60_000, interval: 20 })
    neighbour.tell('end')
    await neighbour.ended()
    // The next stream sees what the neighbour wrote last.
    await untilEmptied(url)
    await streams.end()
    await expectWhole(db)
  },
)

test('commits leave the checkpoint to a thread, and the event loop stays free', async () => {
  const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
  const url = file()
  const { db } = openFile(url)
  await fill(db)
  const heartbeat = new Heartbeat()
  await write(db, 24 * MB, () => delay(1))
  await vi.waitFor(() => expect(checkpoints.some(({ isComplete }) => isComplete)).toBe(true), 20_000)
  await heartbeat.expectRegular()
  for (const { database } of checkpoints) expect(database).toBe('app.db')
  const truncations = checkpoints.filter(({ mode, isComplete }) => mode === 'truncate' && isComplete)
  for (const { walAfter } of truncations) expect(walAfter).toBe(0)
  const passive = checkpoints.filter(({ mode }) => mode === 'passive')
  for (const { walBefore, walAfter } of passive) expect(walAfter).toBeGreaterThanOrEqual(walBefore)
})

test(
  'a stream that somebody forgot is named with the place where it began, and reads go on',
  { tags: 'slow' },
  async () => {
    const warnings = collectWarnings('POOLCLASS_WAL_BLOCKED')
    const url = file()
    const { db } = openFile(url)
    await fill(db)
    async function forgetStream(): Promise<AsyncIterator<unknown>> {
      const rows = db.selectFrom('note').selectAll().stream(10)
      await rows.next()
      return rows
    }
    const forgotten = await forgetStream()
    await write(db, 2 * LIMIT)
    await vi.waitFor(() => expect(warnings).toHaveLength(1), { timeout: 30_000, interval: 50 })
    expect(warnings[0]!.message).toMatch(
      /^The WAL of app\.db has \d+\.\d MB, and no checkpoint can empty it, because a stream/,
    )
    expect((warnings[0] as { detail?: string }).detail).toMatch(
      /It is a stream, begun here:[^]*small-wal\.test/,
    )
    let rows = 0
    for await (const _ of db.selectFrom('note').selectAll().stream()) rows += 1
    expect(rows).toBe(ROWS)
    expect(walSize(url)).toBeGreaterThan(LIMIT)
    await forgotten.return?.()
    await untilEmptied(url)
    expect(warnings).toHaveLength(1)
  },
)

test(
  'while a checkpoint waits for a stream, short reads and writes go on, and another stream waits for a second at most',
  { tags: 'slow' },
  async () => {
    const url = file()
    const { db } = openFile(url)
    await fill(db)
    const rows = db.selectFrom('note').selectAll().stream(10)
    await rows.next()
    await write(db, 2 * LIMIT)
    const waits = messagesOf<{ kind: string; duration: number }>('poolclass:wait')
    await vi.waitFor(
      async () => {
        for await (const _ of db.selectFrom('note').selectAll().limit(1).stream()) {
        }
        expect(waits.some(({ kind }) => kind === 'checkpoint')).toBe(true)
      },
      { timeout: 20_000, interval: 5 },
    )
    expect(await db.selectFrom('note').select('id').where('id', '=', 1).execute()).toEqual([{ id: 1 }])
    await write(db, MB)
    await rows.return?.()
    const checkpoints = waits.filter(({ kind }) => kind === 'checkpoint')
    expect(Math.max(...checkpoints.map(({ duration }) => duration))).toBeLessThan(5000)
  },
)

test('a stream in an open transaction never waits for a checkpoint, which would wait for it', async () => {
  const url = file()
  const { db } = openFile(url, { transactionMode: 'deferred' })
  await fill(db)
  await db.transaction().execute(async (trx) => {
    await trx.selectFrom('note').select('id').executeTakeFirst()
    await write(db, 2 * LIMIT)
    const waits = messagesOf<{ kind: string }>('poolclass:wait')
    for (let n = 0; n < 30; n += 1) {
      for await (const _ of trx.selectFrom('note').selectAll().limit(3).stream(1)) await delay(1)
    }
    expect(waits.filter(({ kind }) => kind === 'checkpoint')).toEqual([])
  })
  await untilEmptied(url)
})

// Kysely sends one statement after the other. Programs that use the driver itself, as ORMs do, need not.
test.each(FILES)(
  '%s: a session with an open stream never waits for a checkpoint, which would wait for it',
  async ({ poolclass }) => {
    const url = file()
    const { db, dialect } = openFile(url, { poolclass })
    await fill(db)
    const writer = openPlain(url)
    writer.pragma('wal_autocheckpoint = 0')
    const waits = messagesOf<{ kind: string }>('poolclass:wait')
    const query = db.selectFrom('note').selectAll().limit(2).compile()
    const driver = dialect.createDriver()
    await driver.init()
    const session = await driver.acquireConnection()
    const rows = session.streamQuery(query, 1)
    await rows.next()
    writer.exec(`update note set text = zeroblob(${(2 * LIMIT) / ROWS})`)
    for (let n = 0; n < 30; n += 1) {
      for await (const _ of session.streamQuery(query, 1)) await delay(1)
      await session.executeQuery(query)
    }
    expect(waits.filter(({ kind }) => kind === 'checkpoint')).toEqual([])
    await rows.return?.()
    await driver.releaseConnection(session)
    await driver.destroy()
  },
)

test('no transaction that reads and then writes is refused because of a checkpoint', async () => {
  const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
  const { db } = openFile(file(), { transactionMode: 'deferred' })
  await fill(db)
  for (let n = 0; checkpoints.filter(({ isComplete }) => isComplete).length < 5 && n < 2000; n += 1) {
    await db.transaction().execute(async (trx) => {
      await trx.selectFrom('note').select('id').executeTakeFirst()
      await write(trx, 128 * 1024)
    })
    // Here a checkpoint finds nobody in its way.
    await delay(n % 2)
  }
  expect(checkpoints.filter(({ isComplete }) => isComplete).length).toBeGreaterThanOrEqual(5)
})

test('a wait for a checkpoint ends with its signal', async () => {
  const waits = messagesOf<{ kind: string; error?: unknown }>('poolclass:wait')
  const ended = (): boolean => waits.some(({ kind, error }) => kind === 'checkpoint' && error !== undefined)
  const { db } = openFile(file())
  await fill(db)
  const failures: unknown[] = []
  // A checkpoint waits for each stream once, for a second.
  for (let attempt = 0; attempt < 10 && !ended(); attempt += 1) {
    const rows = db.selectFrom('note').selectAll().stream(10)
    await rows.next()
    const writing = write(db, 2 * LIMIT, () => delay(1))
    const until = performance.now() + 2000
    while (performance.now() < until && !ended()) {
      await readBriefly(db).catch((error: unknown) => failures.push(error))
      await delay(5)
    }
    await writing
    await rows.return?.()
  }
  expect(ended()).toBe(true)
  for (const failure of failures) expect(failure).toMatchObject({ name: 'TimeoutError' })
})

test('a checkpoint that waits for a stream ends with the database', async () => {
  const url = file()
  const { db } = openFile(url)
  await fill(db)
  const rows = db.selectFrom('note').selectAll().stream(10)
  await rows.next()
  await write(db, 2 * LIMIT)
  await delay(100)
  const destroyed = db.destroy()
  await rows.return?.()
  await destroyed
  const plain = openPlain(url)
  expect(plain.pragma('journal_mode = delete', { simple: true })).toBe('delete')
})

test('the connection of the checkpoints is in nobody’s way when the journal mode changes', async () => {
  const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
  const url = file()
  const { db } = openFile(url)
  await fill(db)
  await write(db, LIMIT)
  await vi.waitFor(() => expect(checkpoints.length).toBeGreaterThan(0), { timeout: 20_000, interval: 5 })
  const { rows } = await sql<{ journal_mode: string }>`pragma journal_mode = delete`.execute(db)
  expect(rows[0]?.journal_mode).toBe('delete')
})

test('handles of a creator’s own are checkpointed, too', { tags: 'slow' }, async () => {
  const url = file()
  const { db } = openFile(url, { creator: plainCreator, threads: 0 })
  await fill(db)
  expect(await largestBesideStreams(db, db, url)).toBeLessThan(MUCH)
})

test('a process that has written much ends by itself', async () => {
  const url = file()
  const script = new ScriptProcess('concurrency/scripts/write-and-leave.ts', [url, testedDriver])
  await script.ended()
  const plain = openPlain(url)
  expect(plain.pragma('integrity_check', { simple: true })).toBe('ok')
})
