import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Kysely, sql } from 'kysely'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type CounterDatabase, createCounters, expectAllReturned, ids, insert } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { openPlain } from '../support/open-plain.ts'
import { LibraryDatabase } from '../support/plain-database.ts'
import { RawLock } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { skips } from '../support/skips.ts'

const MEMORIES = PLACES.filter(({ kind }) => kind !== 'file')
const PRIVATE = PLACES.filter(({ kind }) => kind === 'memory')

/** A file with the counters 1 to 3, a full-text index and rowids with gaps, whose last changes are in its WAL. */
function fixture(): string {
  const path = join(temporaryDirectory(), 'fixture.db')
  const database = openPlain(path)
  database.exec(`
    pragma journal_mode = wal;
    pragma user_version = 7;
    create table counter (id integer primary key, value integer not null);
    insert into counter values (1, 0), (2, 0);
    create table word (text);
    insert into word (rowid, text) values (5, 'five'), (9, 'nine');
    create virtual table page using fts5 (body);
    insert into page values ('the quick brown fox');
    create view large as select * from counter where value > 10;
    pragma wal_checkpoint;
    insert into counter values (3, 0);
  `)
  return path
}

describe.each(MEMORIES)('%s', (place) => {
  test('memory that is restored has all that the file has, and goes its own way', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    const path = fixture()
    await dialect.restore(path)
    expect(await ids(db)).toEqual([1, 2, 3])
    await insert(db, 4)
    const all = await sql`select
      (select user_version from pragma_user_version) as version,
      (select group_concat(rowid) from word) as rowids,
      (select count(*) from page where page match 'quick') as pages,
      (select count(*) from large) as large`.execute(db)
    expect(all.rows).toEqual([{ version: 7, rowids: '5,9', pages: 1, large: 0 }])
    expect((await sql`pragma integrity_check`.execute(db)).rows).toEqual([{ integrity_check: 'ok' }])
    const file = open<CounterDatabase>(path)
    expect(await ids(file.db)).toEqual([1, 2, 3])
    expectAllReturned(dialect)
  })

  test('what was backed up from memory comes back', async () => {
    const before = open<CounterDatabase>(place.config())
    await createCounters(before.db, 2)
    const path = join(temporaryDirectory(), 'backup.db')
    await before.dialect.backup(path)
    const after = open<CounterDatabase>(place.config())
    await after.dialect.restore(pathToFileURL(path))
    expect(await ids(after.db)).toEqual([1, 2])
  })

  test('what was backed up from memory without tables, or is an empty file, leaves memory empty and of use', async () => {
    const path = join(temporaryDirectory(), 'backup.db')
    await open(place.config()).dialect.backup(path)
    writeFileSync(`${path}.empty`, '')
    for (const source of [path, `${path}.empty`]) {
      const { db, dialect } = open<CounterDatabase>(place.config())
      await dialect.restore(source)
      await createCounters(db, 2)
      expect(await ids(db)).toEqual([1, 2])
    }
  })

  test('pragmas of the config and settings made through db hold for what is restored', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config({ pragmas: { cache_size: -123 } }))
    await sql`pragma recursive_triggers = on`.execute(db)
    await dialect.restore(fixture())
    const { rows } = await sql`select * from pragma_cache_size, pragma_foreign_keys`.execute(db)
    expect(rows).toEqual([{ cache_size: -123, foreign_keys: 1 }])
  })

  test('a file that does not exist, or is no database, is told and changes nothing', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'text.db'), 'no database. '.repeat(1000))
    await expect(dialect.restore(join(directory, 'text.db'))).rejects.toMatchObject({ code: 'SQLITE_NOTADB' })
    const missing = await failureOf(dialect.restore(join(directory, 'missing.db')))
    expect(missing.message).toContain('it does not exist')
    await createCounters(db)
    await expect(dialect.restore(join(directory, 'text.db'))).rejects.toMatchObject({ code: 'SQLITE_NOTADB' })
    expect(await ids(db)).toEqual([1])
    expect(readdirSync(directory)).toEqual(['text.db'])
    expectAllReturned(dialect)
  })

  test('restoring waits for who writes to the file', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    const path = join(temporaryDirectory(), 'app.db')
    await createCounters(open<CounterDatabase>(path).db)
    const lock = new RawLock(path, 'begin exclusive')
    setTimeout(() => lock.release(), 50)
    await dialect.restore(path)
    expect(await ids(db)).toEqual([1])
  })
})

describe.each(PRIVATE)('%s', (place) => {
  test('private memory is replaced by each restore', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    const path = fixture()
    for (let n = 0; n < 3; n += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one test after the other
      await dialect.restore(path)
      // oxlint-disable-next-line no-await-in-loop -- one test after the other
      await insert(db, 4)
    }
    expect(await ids(db)).toEqual([1, 2, 3, 4])
  })

  test('private memory is replaced by an empty database, too', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await createCounters(db, 2)
    const path = join(temporaryDirectory(), 'empty.db')
    writeFileSync(path, '')
    await dialect.restore(path)
    expect(await sql`select * from sqlite_schema`.execute(db)).toMatchObject({ rows: [] })
    await createCounters(db, 3)
    expect(await ids(db)).toEqual([1, 2, 3])
  })

  test('restoring waits for the transaction that is open', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await createCounters(db)
    let restored: Promise<void> | undefined
    setTimeout(() => (restored = dialect.restore(fixture())), 10)
    await db.transaction().execute(async (trx) => {
      await insert(trx, 2)
      await vi.waitUntil(() => restored !== undefined)
      expect(await ids(trx)).toEqual([1, 2])
    })
    await restored
    expect(await ids(db)).toEqual([1, 2, 3])
  })

  test('restoring within the transaction that it would wait for is refused at once', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await createCounters(db)
    const restoring = db.transaction().execute(() => dialect.restore(fixture()))
    await expect(restoring).rejects.toMatchObject({
      code: 'POOLCLASS_RESTORE',
      message: expect.stringMatching(
        /wait for itself\. Call it after `db\.transaction\(\)`\.\nIt is held by/,
      ),
    })
    await insert(db, 2)
    expect(await ids(db)).toEqual([1, 2])
  })

  test('after destroy() memory begins anew, without what was restored', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await dialect.restore(fixture())
    await ids(db)
    await db.destroy()
    const again = new Kysely<CounterDatabase>({ dialect })
    onTestFinished(() => again.destroy())
    const { rows } = await sql`select name from sqlite_schema`.execute(again)
    expect(rows).toEqual([])
  })
})

describe('restore', () => {
  test('fills shared memory once', async () => {
    const { db, dialect } = open<CounterDatabase>(`file:restored-${process.pid}?mode=memory&cache=shared`)
    const path = fixture()
    await dialect.restore(path)
    await expect(dialect.restore(path)).rejects.toThrow(/is not empty/)
    expect(await ids(db)).toEqual([1, 2, 3])
  })

  test('refuses files and temporary databases', async () => {
    const path = fixture()
    const target = join(temporaryDirectory(), 'app.db')
    await expect(open(target).dialect.restore(path)).rejects.toThrow(
      /Only a memory database.*put the backup in its place/,
    )
    await expect(open('').dialect.restore(path)).rejects.toThrow("Use ':memory:'.")
    await expect(open(':memory:').dialect.restore('')).rejects.toMatchObject({ code: 'POOLCLASS_RESTORE' })
  })

  test.skipIf(skips.inThreads)('leaves memory that a creator opens to the creator', async () => {
    const { dialect } = open({ url: ':memory:', creator: () => new LibraryDatabase(':memory:') })
    await expect(dialect.restore(fixture())).rejects.toThrow(/new Database\(readFileSync\(path\), options\)/)
  })
})
