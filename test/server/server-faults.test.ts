import type { Kysely } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { scaled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { openServer } from '../support/open-server.ts'
import { collectWarnings } from '../support/warnings.ts'
import { RawStream } from '../support/raw-stream.ts'
import { run } from '../support/statements.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

interface Tables {
  t: { a: number }
}

async function newServer(): Promise<LibsqlServer> {
  const server = await LibsqlServer.start()
  const { db } = openServer(server.url)
  await run(db, 'create table t (a integer)')
  return server
}

const insert = async (db: Kysely<Tables>, a: number): Promise<void> => {
  await db.insertInto('t').values({ a }).execute()
}
const all = async (db: Kysely<Tables>): Promise<number[]> =>
  (await db.selectFrom('t').select('a').orderBy('a').execute()).map(({ a }) => a)

describe.runIf(hasServer)('a server that is killed', () => {
  test('while nobody asks it, and is back, is not noticed', async () => {
    const server = await newServer()
    const { db, dialect } = openServer<Tables>(server.url)
    await Promise.all([1, 2, 3].map((a) => insert(db, a)))
    expect(await all(db)).toEqual([1, 2, 3])
    await server.kill()
    await server.start()
    await delay(50)
    expect(await all(db)).toEqual([1, 2, 3])
    await insert(db, 4)
    expect(await all(db)).toEqual([1, 2, 3, 4])
    await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
  })

  test('in a statement says that the statement may have happened, and works when it is back', async () => {
    const server = await newServer()
    const { db } = openServer<Tables>(server.url)
    await insert(db, 1)
    const long = run(
      db,
      'insert into t with recursive n(x) as (select 1 union all select x + 1 from n) select x from n',
    )
    const failure = failureOf(long)
    await delay(300)
    await server.kill()
    expect(await failure).toMatchObject({ code: 'POOLCLASS_SERVER', reason: 'cut', mayHaveHappened: true })
    await server.start()
    expect(await all(db)).toEqual([1])
  })

  test('in a transaction leaves nothing of it, and says so', async () => {
    const server = await newServer()
    const { db } = openServer<Tables>(server.url)
    const trx = await db.startTransaction().execute()
    await insert(trx, 1)
    await server.kill()
    await server.start()
    expect(await failureOf(insert(trx, 2))).toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
    expect(await failureOf(trx.commit().execute())).toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
    await trx.rollback().execute()
    expect(await all(db)).toEqual([])
    await insert(db, 3)
    expect(await all(db)).toEqual([3])
  })

  test('in a stream ends the stream with an error, not as if all rows were read', async () => {
    const server = await newServer()
    const { db, dialect } = openServer<Tables>(server.url)
    await run(
      db,
      'insert into t with recursive n(x) as (select 1 union all select x + 1 from n where x < 100000) select x from n',
    )
    const read = async (): Promise<void> => {
      for await (const { a } of db.selectFrom('t').select('a').stream(100)) if (a === 100) await server.kill()
    }
    expect(await failureOf(read())).toMatchObject({ code: 'POOLCLASS_SERVER', reason: 'cut' })
    await server.start()
    expect((await all(db)).length).toBe(100_000)
    await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
  })
})

describe.runIf(hasServer)('a server whose streams other clients have taken', () => {
  test('is asked again until they are given back', { tags: 'slow' }, async () => {
    const server = await newServer()
    const others = Array.from({ length: 130 }, () => new RawStream(server.url))
    const taken = await Promise.allSettled(others.map((other) => other.run('select 1')))
    expect(taken.some(({ status }) => status === 'rejected')).toBe(true)
    const warnings = collectWarnings('POOLCLASS_SERVER_REFUSES')
    const { db } = openServer<Tables>(server.url)
    const waiting = insert(db, 1)
    await expect.poll(() => warnings, { timeout: 20_000 }).toHaveLength(1)
    const held = others.filter((_, i) => taken[i]!.status === 'fulfilled')
    await Promise.all(held.slice(0, 5).map((other) => other.close()))
    await waiting
    expect(await all(db)).toEqual([1])
  })
})

describe.runIf(hasServer)('a database of a server that is destroyed', () => {
  test('waits for what runs, which has its answer, and leaves no connection behind', async () => {
    const proxy = await TcpProxy.before((await newServer()).url)
    const { db } = openServer<Tables>(proxy.url)
    await all(db)
    proxy.latency = 200
    const answers: string[] = []
    const running = [
      insert(db, 1).then(() => answers.push('insert')),
      all(db).then(() => answers.push('select')),
    ]
    await delay(50)
    await db.destroy()
    await Promise.all(running)
    expect(answers.toSorted()).toEqual(['insert', 'select'])
    await expect.poll(() => proxy.open).toBe(0)
    proxy.latency = 0
    const { db: another } = openServer<Tables>(proxy.url)
    expect(await all(another)).toEqual([1])
  })

  test('does not end a transaction or a stream that goes on', { tags: 'slow' }, async () => {
    const proxy = await TcpProxy.before((await newServer()).url)
    const { db } = openServer<Tables>(proxy.url)
    await run(
      db,
      'insert into t with recursive n(x) as (select 1 union all select x + 1 from n where x < 20000) select x from n',
    )
    const trx = await db.startTransaction().execute()
    await insert(trx, 0)
    const stream = db.selectFrom('t').select('a').stream(10)
    await stream.next()
    await db.destroy()
    await insert(trx, -1)
    await trx.commit().execute()
    let count = 1
    for await (const _ of stream) count += 1
    expect(count).toBe(20_000)
    await expect.poll(() => proxy.open).toBe(0)
    const { db: another } = openServer<Tables>(proxy.url)
    expect(await run(another, 'select count(*) as n from t where a < 1')).toEqual([{ n: 2 }])
  })
})

describe.runIf(hasServer)('a network', () => {
  test('that is slow makes everything slow, and nothing wrong', async () => {
    const { url } = await newServer()
    const proxy = await TcpProxy.before(url)
    proxy.latency = 20
    const { db } = openServer<Tables>(proxy.url)
    await Promise.all(Array.from({ length: 10 }, (_, a) => db.transaction().execute((trx) => insert(trx, a))))
    expect(await all(db)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('that cuts connections while nobody asks is not noticed by a read', async () => {
    const { url } = await newServer()
    const proxy = await TcpProxy.before(url)
    const { db } = openServer<Tables>(proxy.url)
    await insert(db, 1)
    for (let i = 0; i < 10; i += 1) {
      proxy.cut()
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await all(db)).toEqual([1])
    }
  })

  test('that loses the answer of a write leaves it done once, never twice', async () => {
    const { url } = await newServer()
    const proxy = await TcpProxy.before(url)
    const { db } = openServer<Tables>(proxy.url)
    await insert(db, 0)
    proxy.onRequest = (text) => (text.includes('insert into') ? 'cut answer' : 'pass')
    for (let a = 1; a <= scaled(20); a += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await failureOf(insert(db, a))).toMatchObject({ reason: 'cut', mayHaveHappened: true })
    }
    proxy.onRequest = () => 'pass'
    expect(await all(db)).toEqual(Array.from({ length: scaled(20) + 1 }, (_, a) => a))
  })

  test(
    'that loses the answer of a commit leaves the transaction whole or undone, and says that it may be either',
    { tags: 'slow' },
    async () => {
      const { url } = await newServer()
      const proxy = await TcpProxy.before(url)
      const { db } = openServer<Tables>(proxy.url)
      const commit = async (fate: 'cut before' | 'cut answer', values: number[]): Promise<Error> => {
        const trx = await db.startTransaction().execute()
        for (const a of values) await insert(trx, a)
        proxy.onRequest = (text) => (text.includes('commit') ? fate : 'pass')
        const failure = await failureOf(trx.commit().execute())
        proxy.onRequest = () => 'pass'
        await failureOf(
          trx
            .rollback()
            .execute()
            .then(() => Promise.reject(new Error('fine'))),
        )
        return failure
      }
      expect(await commit('cut before', [1, 2])).toMatchObject({ reason: 'cut', mayHaveHappened: true })
      expect(await new RawStream(url).run('select count(*) from t')).toEqual([['0']])
      await delay(100)
      expect(await commit('cut answer', [3, 4])).toMatchObject({ reason: 'cut', mayHaveHappened: true })
      expect(await all(db)).toEqual([3, 4])
    },
  )

  test('that loses the answer of a statement in a transaction leaves nothing of the transaction', async () => {
    const { url } = await newServer()
    const proxy = await TcpProxy.before(url)
    const { db } = openServer<Tables>(proxy.url)
    let failure: Error | undefined
    const transaction = db.transaction().execute(async (trx) => {
      await insert(trx, 1)
      proxy.onRequest = () => 'cut answer'
      failure = await failureOf(insert(trx, 2))
      proxy.onRequest = () => 'pass'
      await insert(trx, 3)
    })
    expect(await failureOf(transaction)).toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
    expect(failure).toMatchObject({ reason: 'cut', mayHaveHappened: false })
    expect(await all(db)).toEqual([])
  })

  test(
    'that cuts at random loses nothing that was told to be saved, and saves nothing twice',
    { tags: 'slow' },
    async () => {
      const { url } = await newServer()
      const proxy = await TcpProxy.before(url)
      const { db, dialect } = openServer<Tables>(proxy.url, { connectArgs: { requestTimeout: 8000 } })
      let requests = 0
      proxy.onRequest = () =>
        (requests += 1) % 11 === 0 ? (requests % 2 === 0 ? 'cut before' : 'cut answer') : 'pass'
      const saved: number[] = []
      const unknown: number[] = []
      await Promise.all(
        Array.from({ length: scaled(100) }, async (_, a) => {
          try {
            await insert(db, a)
            saved.push(a)
          } catch (error) {
            if ((error as { mayHaveHappened?: boolean }).mayHaveHappened === true) unknown.push(a)
          }
        }),
      )
      proxy.onRequest = () => 'pass'
      const rows = await all(db)
      expect(new Set(rows).size).toBe(rows.length)
      expect(rows).toEqual(expect.arrayContaining(saved))
      expect(rows.filter((a) => !saved.includes(a) && !unknown.includes(a))).toEqual([])
      await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
    },
  )
})
