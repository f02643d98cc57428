import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { QueryMessage, TransactionMessage, WaitMessage } from '@poolclass/dialect'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { messagesOf, tracesOf } from '../support/channels.ts'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { RawLock } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const QUERY = 'poolclass:query'
const TRANSACTION = 'poolclass:transaction'
const SECRET = 'a value that no message may have'

describe.each(PLACES)('%s', (place) => {
  test('a query is told from start to end, with its SQL and how many rows it gave', async () => {
    const { db, dialect } = open(place.config())
    const { phases, messages } = tracesOf<QueryMessage>(QUERY)
    await sql`select ${SECRET} as a`.execute(db)
    expect(phases).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(messages).toEqual([
      {
        database: expect.stringMatching(/^(:memory:|app\.db|places-.*)$/),
        pool: dialect.pool,
        sql: 'select ? as a',
        session: expect.any(Number),
        isStream: false,
        connection: expect.stringMatching(/#1$/),
        rows: 1,
        waited: { connection: 0, line: 0, lock: 0, checkpoint: 0 },
        startTime: expect.any(Number),
        duration: expect.any(Number),
      },
    ])
    const { pool, ...told } = messages[0]!
    expect(pool).toBe(dialect.pool)
    expect(JSON.stringify(told)).not.toContain(SECRET)
  })

  test('what a statement changes is counted, and what it fails with is told', async () => {
    const { db } = open(place.config())
    await sql`create table t (a unique)`.execute(db)
    const { phases, messages } = tracesOf<QueryMessage>(QUERY)
    await sql`insert into t values (1), (2)`.execute(db)
    expect(messages[0]).toMatchObject({ changes: 2, rows: 0 })
    phases.length = 0
    const failing = sql`insert into t values (1)`.execute(db)
    await expect(failing).rejects.toThrow('UNIQUE constraint failed')
    expect(phases).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
    expect(messages[1]!.error).toBe(await failing.catch((error: unknown) => error))
  })

  test('a transaction is told from its begin to its commit, and each of its statements as its own', async () => {
    const { db } = open(place.config())
    await sql`create table t (a)`.execute(db)
    const transactions = tracesOf<TransactionMessage>(TRANSACTION)
    const queries = tracesOf<QueryMessage>(QUERY)
    await db.transaction().execute(async (trx) => {
      await sql`insert into t values (1)`.execute(trx)
      expect(transactions.phases).toEqual(['start', 'end'])
    })
    expect(transactions.phases).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(transactions.messages).toMatchObject([
      { mode: 'immediate', isReadOnly: false, outcome: 'commit', duration: expect.any(Number) },
    ])
    expect(queries.messages.map((message) => message.sql)).toEqual([
      'begin immediate',
      'insert into t values (1)',
      'commit',
    ])
    const [{ session, connection }] = transactions.messages as [TransactionMessage]
    for (const message of queries.messages) expect(message).toMatchObject({ session, connection })
  })

  test('a transaction that is rolled back says so', async () => {
    const { db } = open(place.config())
    const { phases, messages } = tracesOf<TransactionMessage>(TRANSACTION)
    const failing = db
      .transaction()
      .setAccessMode('read only')
      .execute(() => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(phases).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(messages).toMatchObject([{ mode: 'deferred', isReadOnly: true, outcome: 'rollback' }])
  })

  test('a stream is one query, from its start to its last row', async () => {
    const { db } = open(place.config())
    await sql`create table t as select value as a from json_each('[1,2,3,4,5]')`.execute(db)
    const { phases, messages } = tracesOf<QueryMessage>(QUERY)
    const rows: unknown[] = []
    for await (const row of db.selectFrom('t').selectAll().stream(2)) {
      rows.push(row)
      expect(phases).toEqual(['start', 'end'])
    }
    expect(rows).toHaveLength(5)
    expect(phases).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(messages).toMatchObject([{ isStream: true, rows: 5, connection: expect.stringContaining('#') }])
  })

  test('a stream that is left early ends with the rows that were read', async () => {
    const { db } = open(place.config())
    await sql`create table t as select value as a from json_each('[1,2,3,4,5]')`.execute(db)
    const { phases, messages } = tracesOf<QueryMessage>(QUERY)
    for await (const _ of db.selectFrom('t').selectAll().stream(2)) break
    expect(phases).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(messages).toMatchObject([{ rows: 2 }])
  })

  test('a store that a subscriber binds to the start of queries is there while they run, and gone after them', async () => {
    const store = new AsyncLocalStorage<string>()
    const { db } = open(
      place.config({
        onCreateConnection: async () => void seen.push(store.getStore()),
      }),
    )
    const seen: unknown[] = []
    const start = channel(`tracing:${QUERY}:start`)
    start.bindStore(store, (message) => (message as QueryMessage).sql)
    onTestFinished(() => void start.unbindStore(store))
    await sql`select 1`.execute(db)
    expect(seen).toEqual(['select 1'])
    expect(store.getStore()).toBeUndefined()
  })
})

test('a pragma and an attach are told without their values, which can be keys or have secrets in them', async () => {
  const { db } = open(':memory:')
  const { messages } = tracesOf<QueryMessage>(QUERY)
  await sql`pragma user_version = 7`.execute(db)
  await sql`attach 'file:x?mode=memory&key=secret' as other`.execute(db).catch(() => {})
  expect(messages.map((message) => message.sql)).toEqual(['pragma user_version …', 'attach …'])
})

test('a pragma that is streamed is told once', async () => {
  const { db } = open(':memory:')
  const { messages } = tracesOf<QueryMessage>(QUERY)
  const rows = db.getExecutor().stream(sql`pragma user_version`.compile(db), 1)
  for await (const part of rows) expect(part.rows).toHaveLength(1)
  expect(messages).toHaveLength(1)
})

test('a writer that waits for another tells in which line, for how long, and where the other began', async () => {
  const { db } = open({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    pragmas: { journal_mode: 'wal' },
  })
  await sql`create table t (a)`.execute(db)
  const waits = messagesOf<WaitMessage>('poolclass:wait')
  const { messages } = tracesOf<QueryMessage>(QUERY)
  const trx = await db.startTransaction().execute()
  await sql`insert into t values (1)`.execute(trx)
  const waiting = sql`insert into t values (2)`.execute(db)
  await delay(5)
  await trx.commit().execute()
  await waiting
  expect(waits).toMatchObject([
    {
      kind: 'line',
      database: 'app.db',
      sql: 'insert into t values (2)',
      holder: { connection: 'app.db#1', takenAt: { stack: expect.stringContaining('channels.test.ts') } },
    },
  ])
  const query = messages.find((message) => message.sql === waits[0]!.sql)
  expect(query).toMatchObject({
    session: waits[0]!.session,
    waited: { line: waits[0]!.duration, lock: 0, checkpoint: 0 },
  })
  expect(waits[0]!.duration).toBeGreaterThan(0)
})

test('a query that waits for a connection of the pool tells for how long, and one that waits in vain why', async () => {
  const { db } = open({ url: ':memory:', poolTimeout: 200 })
  const waits = messagesOf<WaitMessage>('poolclass:wait')
  const { messages } = tracesOf<QueryMessage>(QUERY)
  const { promise: end, resolve } = Promise.withResolvers<void>()
  const held = db.connection().execute(async (connection) => {
    await sql`select 1`.execute(connection)
    await end
  })
  await expect(sql`select 2`.execute(db)).rejects.toMatchObject({ code: 'POOL_TIMEOUT' })
  const last = sql`select 3`.execute(db)
  await delay(5)
  resolve()
  await Promise.all([held, last])
  expect(waits.map(({ kind, sql: text }) => [kind, text])).toEqual([
    ['connection', 'select 2'],
    ['connection', 'select 3'],
  ])
  expect(waits[0]).toMatchObject({ error: { code: 'POOL_TIMEOUT' } })
  expect(waits[1]).not.toHaveProperty('error')
  expect(messages.at(-1)).toMatchObject({ sql: 'select 3', waited: { connection: waits[1]!.duration } })
})

test('each of several writers in line tells who wrote when it came', async () => {
  const { db } = open({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    pragmas: { journal_mode: 'wal' },
  })
  await sql`create table t (a)`.execute(db)
  const waits = messagesOf<WaitMessage>('poolclass:wait')
  const trx = await db.startTransaction().execute()
  const waiting = [1, 2, 3].map((value) =>
    db.transaction().execute((other) => sql`insert into t values (${value})`.execute(other)),
  )
  await delay(5)
  await trx.commit().execute()
  await Promise.all(waiting)
  expect(waits.map(({ holder }) => holder?.connection)).toEqual(['app.db#1', 'app.db#1', 'app.db#1'])
})

test("a statement that waits for another process's lock tells for how long", async () => {
  const path = join(temporaryDirectory(), 'app.db')
  const { db } = open({ url: path, poolclass: 'QueuePool', pragmas: { journal_mode: 'wal' } })
  await sql`create table t (a)`.execute(db)
  const waits = messagesOf<WaitMessage>('poolclass:wait')
  const { messages } = tracesOf<QueryMessage>(QUERY)
  const lock = new RawLock(path)
  const waiting = sql`insert into t values (1)`.execute(db)
  setTimeout(() => lock.release(), 50)
  await waiting
  expect(waits).toMatchObject([{ kind: 'lock', sql: 'insert into t values (1)', connection: 'app.db#1' }])
  expect(waits[0]!.duration).toBeGreaterThan(0)
  expect(messages[0]!.waited.lock).toBe(waits[0]!.duration)
})
