import { CompiledQuery, type Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { isLongRun, printInLongRun } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { openServer } from '../support/open-server.ts'
import { run } from '../support/statements.ts'

interface Tables {
  item: { id: number; text: string }
}

const numbers = (count: number): string =>
  `with recursive n(id) as (select 1 union all select id + 1 from n where id < ${count}) select id, 'item ' || id as text from n`

function streamed(db: Kysely<any>, text: string, chunkSize = 10): AsyncIterableIterator<{ rows: unknown[] }> {
  return db.getExecutor().stream(CompiledQuery.raw(text), chunkSize)
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of stream) all.push(each)
  return all
}

async function newItems(count: number): Promise<string> {
  const { url } = await LibsqlServer.start()
  const { db } = openServer(url)
  await run(db, 'create table item (id integer primary key, text text not null)')
  await run(db, `insert into item ${numbers(count)}`)
  return url
}

describe.runIf(hasServer)('a stream from a libSQL server', () => {
  test('gives all rows in their order, in chunks', async () => {
    const { db } = openServer<Tables>(await newItems(2500))
    const ids: number[] = []
    for await (const { id } of db.selectFrom('item').select('id').orderBy('id').stream(100)) ids.push(id)
    expect(ids).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1))
  })

  test('holds constant memory, here and in the server', { tags: 'slow' }, async () => {
    const server = await LibsqlServer.start()
    const { db } = openServer(server.url)
    const total = isLongRun ? 1_000_000 : 100_000
    const memory = { here: process.memoryUsage.rss(), server: server.residentMemory }
    const most = { ...memory }
    let count = 0
    for await (const { rows } of streamed(db, numbers(total), 1000)) {
      count += rows.length
      most.here = Math.max(most.here, process.memoryUsage.rss())
      most.server = Math.max(most.server, server.residentMemory)
    }
    printInLongRun(`bytes before and during a stream of ${total} rows`, { memory, most })
    expect(count).toBe(total)
    expect(most.here - memory.here).toBeLessThan(150e6)
    expect(most.server - memory.server).toBeLessThan(150e6)
  })

  test('waits for its reader: the server goes no further than the network holds', async () => {
    const { db, dialect } = openServer<Tables>((await LibsqlServer.start()).url)
    const stream = streamed(db, numbers(10_000_000))
    const before = process.memoryUsage.rss()
    await stream.next()
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6)
    await stream.return?.()
    await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
  })

  test(
    'waits for a reader that takes longer than the server may, and listens to no connection twice',
    { tags: 'slow' },
    async () => {
      const warnings: Error[] = []
      const note = (warning: Error): void => void warnings.push(warning)
      process.on('warning', note)
      const { db } = openServer<Tables>(await newItems(200_000), { connectArgs: { requestTimeout: 1500 } })
      const ids: number[] = []
      for await (const { id } of db
        .selectFrom('item')
        .select('id')
        .orderBy('id')
        .limit(50_000)
        .stream(1000)) {
        ids.push(id)
        // oxlint-disable-next-line no-await-in-loop -- the reader takes its time
        if (id === 1000) await new Promise((resolve) => setTimeout(resolve, 2500))
      }
      expect(ids).toHaveLength(50_000)
      for (let i = 0; i < 15; i += 1)
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await collect(db.selectFrom('item').select('id').limit(3).stream(10))).toHaveLength(3)
      process.off('warning', note)
      expect(warnings).toEqual([])
    },
  )

  test('that is left early gives its connection back, and the next query has it', async () => {
    const { db, dialect } = openServer<Tables>(await newItems(20_000), { poolSize: 1, maxOverflow: 0 })
    for (let i = 0; i < 20; i += 1) {
      for await (const { id } of db.selectFrom('item').select('id').stream(10)) if (id > 20) break
      expect(await db.selectFrom('item').select('id').where('id', '=', 7).execute()).toEqual([{ id: 7 }])
    }
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, opened: 1 })
  })

  test('that is left early in a transaction leaves the transaction as it was', async () => {
    const { db } = openServer<Tables>(await newItems(20_000))
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('item').values({ id: 0, text: 'zero' }).execute()
      for await (const { id } of trx.selectFrom('item').select('id').orderBy('id').stream(10))
        if (id > 20) break
      await trx.insertInto('item').values({ id: -1, text: 'one less' }).execute()
    })
    expect(await run(db, 'select count(*) as n from item where id < 1')).toEqual([{ n: 2 }])
  })

  test('goes on while its connection runs other statements, and another stream', async () => {
    const { db } = openServer<Tables>(await newItems(5000))
    await db.getExecutor().provideConnection(async (connection) => {
      await connection.executeQuery(CompiledQuery.raw('begin'))
      const select = CompiledQuery.raw('select id from item order by id')
      const [one, other] = [connection.streamQuery(select, 100), connection.streamQuery(select, 100)]
      let count = 0
      for (let chunk = 0; chunk < 50; chunk += 1) {
        for (const stream of [one, other]) count += (await stream.next()).value!.rows.length
        await connection.executeQuery(CompiledQuery.raw(`update item set text = 'seen' where id = ${chunk}`))
      }
      expect(count).toBe(10_000)
      await connection.executeQuery(CompiledQuery.raw('commit'))
    })
    expect(await run(db, "select count(*) as n from item where text = 'seen'")).toEqual([{ n: 49 }])
  })

  test('ends with its signal', async () => {
    const { db, dialect } = openServer<Tables>(await newItems(20_000))
    const controller = new AbortController()
    const read = async (): Promise<void> => {
      for await (const { id } of db
        .selectFrom('item')
        .select('id')
        .stream({ chunkSize: 10, signal: controller.signal }))
        if (id === 50) controller.abort(new Error('enough'))
    }
    expect((await failureOf(read())).message).toBe('enough')
    expect(dialect.pool.status().checkedOut).toBe(0)
  })

  test('that fails says why, before its first row, in its middle, and where it cannot be parsed', async () => {
    const { db } = openServer<Tables>(await newItems(100))
    const read = (text: string): Promise<unknown[]> => collect(streamed(db, text))
    expect(await failureOf(read('select * from nobody'))).toMatchObject({
      code: 'SQLITE_ERROR',
      message: 'no such table: nobody',
    })
    expect(
      await failureOf(read('select abs(case id when 50 then -9223372036854775808 else id end) from item')),
    ).toMatchObject({
      message: 'integer overflow',
    })
    expect(await failureOf(read('select from'))).toMatchObject({ code: 'SQLITE_ERROR' })
    const inTransaction = db.transaction().execute(async (trx) => {
      await run(trx, "insert into item values (0, 'zero')")
      expect(await failureOf(collect(streamed(trx, 'select from')))).toMatchObject({ code: 'SQLITE_ERROR' })
    })
    await inTransaction
    expect(await run(db, 'select text from item where id = 0')).toEqual([{ text: 'zero' }])
  })

  test('of a statement that writes and returns writes, with one commit', async () => {
    const { db } = openServer<Tables>(await newItems(100))
    const rows = await collect(
      db.updateTable('item').set({ text: 'new' }).where('id', '<', 51).returning('id').stream(10),
    )
    expect(rows).toHaveLength(50)
    expect(await run(db, "select count(*) as n from item where text = 'new'")).toEqual([{ n: 50 }])
  })
})
