import { Kysely, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { newDialect, open } from '../support/open.ts'
import { PLACES, PLACES_FOR_MANY } from '../support/places.ts'
import { migrate, migratorOf } from './migrator.ts'

async function createTable(db: Kysely<any>): Promise<void> {
  await db.schema.createTable('t').addColumn('a', 'integer').execute()
}

describe.each(PLACES_FOR_MANY)('%s', (place) => {
  test('twenty migrators at once run each migration exactly once', async () => {
    const { db, dialect } = open(place.config())
    const ran: string[] = []
    const migrator = migratorOf(db, {
      a: async (on) => {
        ran.push('a')
        await sql`create table t (a)`.execute(on)
      },
      b: async (on) => {
        ran.push('b')
        await sql`insert into t values (1)`.execute(on)
      },
    })
    await Promise.all(Array.from({ length: 20 }, () => migrate(migrator)))
    expect(ran).toEqual(['a', 'b'])
    expect((await sql`select * from t`.execute(db)).rows).toEqual([{ a: 1 }])
    expect(dialect.pool.status().checkedOut).toBe(0)
  })
})

describe.each(PLACES)('%s', (place) => {
  test('a migration that fails releases the lock, and the mended one runs', async () => {
    const { db, dialect } = open(place.config())
    const failing = migratorOf(db, { a: createTable, b: () => Promise.reject(new Error('half-way')) })
    await expect(migrate(failing)).rejects.toThrow('half-way')
    expect(dialect.pool.status().checkedOut).toBe(0)
    const mended = migratorOf(db, { a: createTable, b: async () => {} })
    expect(await migrate(mended)).toEqual(['b'])
  })

  test('a migration goes up and down', async () => {
    const { db } = open(place.config())
    const migrator = migratorOf(db, {
      a: {
        up: (on) => on.schema.createTable('t').addColumn('a', 'integer').execute(),
        down: (on) => on.schema.dropTable('t').execute(),
      },
    })
    await migrate(migrator)
    expect(await db.introspection.getTables()).toMatchObject([{ name: 't' }])
    expect((await migrator.migrateDown()).error).toBeUndefined()
    expect(await db.introspection.getTables()).toEqual([])
  })

  test('a migration uses transactions, and rolls back in them', async () => {
    const { db } = open(place.config())
    const migrator = migratorOf(db, {
      a: async (on) => {
        await on.transaction().execute((trx) => sql`create table t (a)`.execute(trx))
        const undone = on.transaction().execute(async (trx) => {
          await sql`insert into t values (1)`.execute(trx)
          throw new Error('undone')
        })
        await expect(undone).rejects.toThrow('undone')
      },
    })
    await migrate(migrator)
    expect((await sql`select * from t`.execute(db)).rows).toEqual([])
  })

  test('a migration rebuilds a table with foreign keys off, and they hold again after it', async () => {
    const { db } = open(place.config())
    const migrator = migratorOf(db, {
      a: async (on) => {
        await sql`create table parent (id integer primary key)`.execute(on)
        await sql`create table child (parent references parent (id) on delete cascade)`.execute(on)
        await sql`insert into parent values (1)`.execute(on)
        await sql`insert into child values (1)`.execute(on)
      },
      b: async (on) => {
        await sql`pragma foreign_keys = off`.execute(on)
        await on.transaction().execute(async (trx) => {
          await sql`create table parent_new (id integer primary key, name text)`.execute(trx)
          await sql`insert into parent_new (id) select id from parent`.execute(trx)
          await sql`drop table parent`.execute(trx)
          await sql`alter table parent_new rename to parent`.execute(trx)
        })
        await sql`pragma foreign_keys = on`.execute(on)
      },
    })
    expect(await migrate(migrator)).toEqual(['a', 'b'])
    expect((await sql`select parent from child`.execute(db)).rows).toEqual([{ parent: 1 }])
    const orphan = sql`insert into child values (404)`.execute(db)
    await expect(orphan).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
  })

  test('migrations run with safeIntegers', async () => {
    const { db } = open(place.config({ connectArgs: { safeIntegers: true } }))
    const migrations = { a: createTable }
    expect(await migrate(migratorOf(db, migrations))).toEqual(['a'])
    expect(await migrate(migratorOf(db, migrations))).toEqual([])
  })
})

test.each(PLACES.filter(({ kind }) => kind !== 'memory'))(
  'on %s, two dialects in one thread that migrate at once run each migration once',
  async (place) => {
    const config = place.config()
    const ran: string[] = []
    const migrating = [1, 2].map(async () => {
      const db = new Kysely<any>({ dialect: newDialect(config) })
      onTestFinished(() => db.destroy())
      await migrate(
        migratorOf(db, {
          a: async (on) => {
            ran.push('a')
            await on.transaction().execute((trx) => sql`create table t (a)`.execute(trx))
          },
        }),
      )
    })
    await Promise.all(migrating)
    expect(ran).toEqual(['a'])
  },
)
