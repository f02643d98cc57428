import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { scaled } from '../support/effort.ts'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { openServer } from '../support/open-server.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { run, thrownBy } from '../support/statements.ts'

interface Tables {
  counter: { id: number; n: number }
}

interface Cluster {
  readonly primary: LibsqlServer
  readonly replicas: readonly [LibsqlServer, LibsqlServer]
  readonly urls: string[]
}

async function newCluster(): Promise<Cluster> {
  const primary = await LibsqlServer.start()
  const replicas = [await primary.startReplica(), await primary.startReplica()] as const
  const { db } = openServer<Tables>(primary.url)
  await run(db, 'create table counter (id integer primary key, n integer not null)')
  await db
    .insertInto('counter')
    .values([1, 2, 3, 4].map((id) => ({ id, n: 0 })))
    .execute()
  return { primary, replicas, urls: replicas.map(({ url }) => url) }
}

const next = async (db: Kysely<Tables>, id: number, n: number): Promise<void> => {
  await db.updateTable('counter').set({ n }).where('id', '=', id).execute()
}

const read = async (db: Kysely<Tables>, id: number): Promise<number> =>
  (await db.selectFrom('counter').select('n').where('id', '=', id).executeTakeFirstOrThrow()).n

/** Writes and reads in turn, four at a time, and counts the reads that did not show what was written just before. */
async function staleReads(db: Kysely<Tables>, rounds: number): Promise<number> {
  let stale = 0
  await Promise.all(
    [1, 2, 3, 4].map(async (id) => {
      for (let n = 1; n <= rounds; n += 1) {
        // oxlint-disable no-await-in-loop -- one after the other
        await next(db, id, n)
        if ((await read(db, id)) !== n) stale += 1
        // oxlint-enable no-await-in-loop
      }
    }),
  )
  return stale
}

describe.runIf(hasServer)('reads from replicas', () => {
  // Without it, some are stale: `bench/stale-reads.ts` counts them.
  test('always show what this dialect has written', { tags: 'slow' }, async () => {
    const { primary, urls } = await newCluster()
    const { db } = openServer<Tables>(primary.url, { connectArgs: { replicas: urls } })
    await read(db, 1)
    expect(await staleReads(db, scaled(500))).toBe(0)
  })

  test('show what another dialect has written, once its token is handed over', async () => {
    const { primary, urls } = await newCluster()
    const { db: writer, dialect: written } = openServer<Tables>(primary.url)
    const { db: reader, dialect } = openServer<Tables>(primary.url, { connectArgs: { replicas: urls } })
    for (let n = 1; n <= scaled(100); n += 1) {
      // oxlint-disable no-await-in-loop -- one after the other
      await next(writer, 1, n)
      dialect.readNotBefore(written.freshness!)
      expect(await read(reader, 1)).toBe(n)
      // oxlint-enable no-await-in-loop
    }
  })

  test('refuse what is no token', async () => {
    const { dialect } = openServer('http://127.0.0.1:1')
    for (const token of ['', 'abc', '-1', '1'.repeat(40), undefined])
      expect(thrownBy(() => dialect.readNotBefore(token as string))).toMatchObject({
        code: 'POOLCLASS_CONFIG',
      })
  })

  test('are answered by the replicas in turn, and everything else by the primary', async () => {
    const { primary, urls } = await newCluster()
    const proxies = await Promise.all([primary.url, ...urls].map((url) => TcpProxy.before(url)))
    const [first, ...others] = proxies.map(({ url }) => url)
    const { db } = openServer<Tables>(first!, { connectArgs: { replicas: others } })
    const asked = (): number[] => proxies.map(({ requests }) => requests)
    for (let i = 0; i < 10; i += 1) await read(db, 1)
    for await (const _ of db.selectFrom('counter').select('id').stream(2)) continue
    expect(asked()).toEqual([0, expect.any(Number), expect.any(Number)])
    expect(Math.min(...asked().slice(1))).toBeGreaterThanOrEqual(5)
    const before = asked()
    await next(db, 1, 1)
    await db.transaction().execute(async (trx) => {
      expect(await read(trx, 1)).toBe(1)
    })
    await db.connection().execute(async (connection) => {
      await next(connection, 1, 2)
      expect(await run(connection, 'select changes() as n')).toEqual([{ n: 1 }])
    })
    expect(asked().slice(1)).toEqual(before.slice(1))
    expect(asked()[0]).toBeGreaterThan(0)
  })

  test('go on while a replica is down, and come back to it when it is there again', async () => {
    const { primary, urls, replicas } = await newCluster()
    const proxy = await TcpProxy.before(urls[0]!)
    const { db } = openServer<Tables>(primary.url, { connectArgs: { replicas: [proxy.url, urls[1]!] } })
    await Promise.all([1, 2, 3, 4].map((id) => read(db, id)))
    await replicas[0].kill()
    for (let n = 1; n <= 20; n += 1) {
      // oxlint-disable no-await-in-loop -- one after the other
      await next(db, 1, n)
      expect(await read(db, 1)).toBe(n)
      // oxlint-enable no-await-in-loop
    }
    await replicas[0].start()
    const answered = proxy.requests
    await expect
      .poll(async () => {
        expect(await read(db, 1)).toBe(20)
        return proxy.requests
      })
      .toBeGreaterThan(answered + 2)
  })

  test('are answered by the primary when no replica is there', async () => {
    const { primary, urls, replicas } = await newCluster()
    const { db } = openServer<Tables>(primary.url, { connectArgs: { replicas: urls } })
    await Promise.all(replicas.map((replica) => replica.kill()))
    await next(db, 1, 5)
    expect(await read(db, 1)).toBe(5)
  })
})
