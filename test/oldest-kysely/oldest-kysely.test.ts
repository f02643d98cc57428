import { PooledSqliteDialect, type PooledSqliteDialectConfig, ReleasedError } from '@poolclass/dialect'
import { type Dialect, type Generated, Kysely, Migrator, sql, SqliteDialect } from 'kysely-0.28'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/* The lowest version that the peer range allows. The configuration of the tests puts it in the place of `kysely`. */

interface Tables {
  toy: { id: Generated<number>; name: string }
}

const configs: Record<string, () => PooledSqliteDialectConfig> = {
  'private memory': () => ({ url: ':memory:' }),
  'shared memory': () => ({ url: 'file:oldest?mode=memory&cache=shared' }),
  'a file with a QueuePool': () => ({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    pragmas: { journal_mode: 'wal' },
  }),
}

function open(config: PooledSqliteDialectConfig): Kysely<Tables> {
  // In this workspace its types are those of the newest Kysely.
  const dialect = new PooledSqliteDialect(config) as unknown as Dialect
  const db = new Kysely<Tables>({ dialect })
  onTestFinished(() => db.destroy())
  return db
}

test('these tests run with Kysely 0.28, which knows no aborted transactions', async () => {
  expect(await import('kysely-0.28')).not.toHaveProperty('AbortedTransactionError')
  expect(new PooledSqliteDialect(':memory:')).toBeInstanceOf(SqliteDialect)
})

describe.each(Object.entries(configs))('with %s', (_, config) => {
  test('queries, transactions, savepoints and streams work', async () => {
    const db = open(config())
    await sql`create table toy (id integer primary key, name text not null)`.execute(db)
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('toy').values({ name: 'ball' }).execute()
    })
    const trx = await db.startTransaction().execute()
    const saved = await trx.savepoint('before').execute()
    await saved.insertInto('toy').values({ name: 'bone' }).execute()
    await saved.rollbackToSavepoint('before').execute()
    await trx.commit().execute()
    await expect(
      db.transaction().execute(async (lost) => {
        await lost.insertInto('toy').values({ name: 'lost' }).execute()
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    const names: string[] = []
    for await (const { name } of db.selectFrom('toy').select('name').stream()) names.push(name)
    expect(names).toEqual(['ball'])
  })

  test('no query has a session that the callback of db.connection() may have kept', async () => {
    const dialect = new PooledSqliteDialect(config())
    const driver = dialect.createDriver()
    const acquire = vi.spyOn(driver, 'acquireConnection')
    dialect.createDriver = () => driver
    const db = new Kysely<Tables>({ dialect: dialect as unknown as Dialect })
    onTestFinished(() => db.destroy())
    const select = db.selectNoFrom(sql`1`.as('one'))
    await select.execute()
    const query = select.compile()
    await db.connection().execute((connection) => connection.executeQuery(query))
    await select.execute()
    const [, kept, next] = await Promise.all(acquire.mock.results.map(({ value }) => value))
    expect(next).not.toBe(kept)
    await expect(kept!.executeQuery(query)).rejects.toThrow(ReleasedError)
  })

  test('a read-only transaction refuses to write', async () => {
    const db = open(config())
    await sql`create table if not exists toy (id integer primary key, name text not null)`.execute(db)
    const write = db
      .transaction()
      .setAccessMode('read only')
      .execute((trx) => trx.insertInto('toy').values({ name: 'ball' }).execute())
    await expect(write).rejects.toMatchObject({ code: 'SQLITE_READONLY' })
  })

  test('twenty migrators run a migration once', async () => {
    const db = open(config())
    let runs = 0
    const migrator = new Migrator({
      db,
      provider: {
        getMigrations: async () => ({
          first: {
            up: async (database: Kysely<unknown>) => {
              runs += 1
              await database.schema.createTable('migrated').addColumn('id', 'integer').execute()
            },
          },
        }),
      },
    })
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => migrator.migrateToLatest()))
    expect(outcomes.map(({ error }) => error)).toEqual(Array.from({ length: 20 }, () => undefined))
    expect(runs).toBe(1)
  })
})
