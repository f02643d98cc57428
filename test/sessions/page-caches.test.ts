import type { Connection, PooledSqliteDialect, PooledSqliteDialectConfig } from '@poolclass/dialect'
import { CompiledQuery, type Kysely } from 'kysely'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { open, threads } from '../support/open.ts'
import { openPlain } from '../support/open-plain.ts'
import { type Place, PLACES } from '../support/places.ts'
import { IMPORT_OF_DATABASE, PlainDatabase } from '../support/plain-database.ts'
import { skips } from '../support/skips.ts'
import { onEachOf, run, times } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { creatorOf } from '../threads/creators.ts'

/** What the library gives each connection, in negative KiB. */
const OWN = ownCacheSize()
const SMALL = Math.max(OWN, -2000)

const SEVERAL = PLACES.filter(({ single }) => !single)

function ownCacheSize(): number {
  const plain = new PlainDatabase(':memory:')
  const size = Number(plain.pragma('cache_size', { simple: true }))
  plain.close()
  return size
}

/** What `PRAGMA cache_size` says on so many connections that are open at once, the largest first. */
async function sizesOf(db: Kysely<any>, count: number): Promise<number[]> {
  const rows = (await onEachOf(db, count, 'pragma cache_size')) as { cache_size: number }[][]
  return rows.map(([row]) => row!.cache_size).toSorted((one, other) => one - other)
}

async function sizeOf(connection: Connection): Promise<unknown> {
  const { rows } = await connection.execute('pragma cache_size', [])
  return (rows[0] as { cache_size: number }).cache_size
}

async function database(
  place: Place,
  more: Parameters<Place['config']>[0] = {},
): Promise<{ db: Kysely<any>; dialect: PooledSqliteDialect }> {
  const opened = open(place.config(more))
  await run(opened.db, 'create table t (n)')
  await run(opened.db, 'insert into t values (1), (2), (3)')
  return opened
}

test.each(PLACES)(
  'a connection that is open alone has the page cache that its library gives it: %s',
  async (place) => {
    const { db } = await database(place)
    for (let n = 0; n < 3; n += 1)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await run(db, 'pragma cache_size')).toEqual([{ cache_size: OWN }])
  },
)

describe.each(SEVERAL)('%s', (place) => {
  test('one connection has the page cache that its library gives it, and the others have 2 MB', async () => {
    const { db } = await database(place)
    expect(await sizesOf(db, 2)).toEqual([OWN, SMALL])
    expect(await sizesOf(db, 5)).toEqual([OWN, ...times(4, SMALL)])
    expect(await sizesOf(db, 10)).toEqual([OWN, ...times(9, SMALL)])
  })

  test('connections that are opened beside a stream leave its page cache and its rows alone', async () => {
    const { db } = await database(place)
    const stream = db.selectFrom('t').selectAll().stream(1)
    const rows: unknown[] = [(await stream.next()).value]
    expect(await sizesOf(db, 3)).toEqual(times(3, SMALL))
    for await (const row of stream) rows.push(row)
    expect(rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  })

  test('a connection that replaces the one with the large page cache has it', async () => {
    const { dialect } = await database(place)
    await dialect.pool.dispose()
    const [first, second] = [await dialect.pool.connect(), await dialect.pool.connect()]
    expect([await sizeOf(first.connection), await sizeOf(second.connection)]).toEqual([OWN, SMALL])
    await second.invalidate()
    await second.close()
    const third = await dialect.pool.connect()
    expect(await sizeOf(third.connection)).toBe(SMALL)
    await first.invalidate()
    await first.close()
    const fourth = await dialect.pool.connect()
    expect([await sizeOf(third.connection), await sizeOf(fourth.connection)]).toEqual([SMALL, OWN])
    await third.close()
    await fourth.close()
  })

  test('a connection that fails while it is opened leaves the large page cache to the next one', async () => {
    let opened = 0
    const onCreateConnection = async (): Promise<void> => {
      opened += 1
      if (opened === 1) throw new Error('not this one')
    }
    const { db } = open(place.config({ onCreateConnection }))
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({ message: 'not this one' })
    expect(await sizesOf(db, 2)).toEqual([OWN, SMALL])
  })

  test('a creator that fails leaves the large page cache to the next connection', async () => {
    const creator = creatorOf(`
      ${IMPORT_OF_DATABASE}
      let opened = 0
      export default (location, { filename, options }) => {
        opened += 1
        if (opened === 1) throw new Error('not this one')
        return new Database(filename, options)
      }
      // A module of this test alone: ${randomUUID()}
    `)
    const { db } = open(place.config({ creator, threads: Math.min(threads, 1) }))
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({ message: 'not this one' })
    expect(await sizesOf(db, 2)).toEqual([OWN, SMALL])
  })

  test.each<[string, Omit<PooledSqliteDialectConfig, 'url' | 'poolclass'>]>([
    ['pragmas', { pragmas: { cache_size: OWN } }],
    ['pragmas, by the name of the schema', { pragmas: { 'Main.Cache_Size': OWN } }],
    [
      'onCreateConnection',
      {
        onCreateConnection: async (connection) => {
          await connection.executeQuery(CompiledQuery.raw(`pragma cache_size = ${OWN}`))
        },
      },
    ],
  ])('what the user sets by %s stays on each connection', async (_, more) => {
    const { db } = await database(place, more)
    expect(await sizesOf(db, 5)).toEqual(times(5, OWN))
  })

  test('what a creator sets stays on each connection', async () => {
    const creator = creatorOf(`
      ${IMPORT_OF_DATABASE}
      export default (location, { filename, options }) => {
        const database = new Database(filename, options)
        database.exec('pragma cache_size = -7000')
        return database
      }
    `)
    const { db } = await database(place, { creator })
    expect(await sizesOf(db, 5)).toEqual(times(5, -7000))
  })

  test('a creator that sets no page cache has its connections share', async () => {
    const creator = creatorOf(`
      ${IMPORT_OF_DATABASE}
      export default (location, { filename, options }) => new Database(filename, options)
    `)
    const { db } = await database(place, { creator })
    expect(await sizesOf(db, 4)).toEqual([OWN, ...times(3, SMALL)])
  })

  test('the page cache of another schema than main is no reason not to share', async () => {
    const { db } = await database(place, { pragmas: { 'temp.cache_size': -5000 } })
    expect(await sizesOf(db, 3)).toEqual([OWN, SMALL, SMALL])
  })

  test('what is set through `db` stays on connections that are open, and on those that come later', async () => {
    const { db } = await database(place)
    await sizesOf(db, 2)
    await run(db, `pragma cache_size = ${OWN}`)
    expect(await sizesOf(db, 5)).toEqual(times(5, OWN))
  })

  test('what is set within a session stays until its end, whatever is opened meanwhile', async () => {
    const { db } = await database(place)
    await db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      await run(connection, 'pragma cache_size = -9000')
      expect(await sizesOf(db, 3)).toEqual([SMALL, SMALL, SMALL])
      expect(await run(connection, 'pragma cache_size')).toEqual([{ cache_size: -9000 }])
    })
  })

  test.skipIf(skips.inThreads)(
    'what is set with the handle stays, whatever is opened meanwhile',
    async () => {
      const { db, dialect } = await database(place)
      await dialect.withConnection(async (connection, handle: { exec(sql: string): unknown }) => {
        handle.exec('pragma cache_size = -9000')
        await sizesOf(db, 3)
        const { rows } = await connection.executeQuery(CompiledQuery.raw('pragma cache_size'))
        expect(rows).toEqual([{ cache_size: -9000 }])
      })
    },
  )
})

test('a connection that is opened while the file is locked against reads waits for its page cache', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db } = open({ url, poolclass: 'QueuePool', connectArgs: { timeout: 20_000 } })
  await run(db, 'create table t (n)')
  const other = openPlain(url)
  await db.connection().execute(async (connection) => {
    await run(connection, 'select * from t')
    other.exec('begin exclusive')
    const size = run(db, 'pragma cache_size')
    setTimeout(() => other.exec('commit'), 20)
    expect(await size).toEqual([{ cache_size: SMALL }])
  })
})

test('a connection that is opened while shared memory is written to waits for its page cache', async () => {
  const place = PLACES.find(({ kind }) => kind === 'shared memory')!
  const { db } = open({ ...place.config({ connectArgs: { timeout: 20_000 } }), poolclass: 'QueuePool' })
  await run(db, 'create table t (n)')
  let size: Promise<unknown> | undefined
  await db.transaction().execute(async (trx) => {
    await run(trx, 'insert into t values (1)')
    size = run(db, 'pragma cache_size')
  })
  expect(await size).toEqual([{ cache_size: SMALL }])
})

test.skipIf(skips.inCallingThread).each(['QueuePool', 'SingletonThreadPool'] as const)(
  'of the connections in several threads that are opened at once, one has the large page cache: %s',
  async (poolclass) => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db } = open({ url, poolclass, threads: 3 })
    expect(await sizesOf(db, 3)).toEqual([OWN, SMALL, SMALL])
  },
)
