/**
 * MikroORM 7 over this dialect: its schema generator, its unit of work, and what a pool class changes.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/mikro-orm/library.ts`.
 */
import { MikroORM, UniqueConstraintViolationException } from '@mikro-orm/core'
import { SqliteDriver } from '@mikro-orm/sql'
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { printStep, printTable, printText } from '../print.ts'
import { Author, Book, Tag } from './entities.ts'

const UNITS = 16

await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-mikro-orm-'))
await updateSchema()
await flushUnitOfWork()
await comparePoolClasses()

type Library = Awaited<ReturnType<typeof openLibrary>>

function openLibrary(dialect: PooledSqliteDialect) {
  return MikroORM.init({
    driver: SqliteDriver,
    entities: [Author, Book, Tag],
    dbName: 'app.db', // required, and not used
    driverOptions: dialect,
    colors: false,
  })
}

async function updateSchema(): Promise<void> {
  printStep(
    'The schema generator',
    'Last year, the name of an author could be null, and books had no date. MikroORM has to rebuild the table, with ' +
      'foreign keys off, in statements of their own. On a QueuePool they count for every connection.',
  )
  const orm = await openLibrary(
    new PooledSqliteDialect({ url: join(folder.path, 'schema.db'), poolclass: 'QueuePool' }),
  )
  const connection = orm.em.getConnection()
  await connection.execute('create table author (id integer not null primary key autoincrement, name text)')
  await connection.execute(
    'create table book (id integer not null primary key autoincrement, title text not null, ' +
      'author_id integer not null references author (id))',
  )
  await connection.execute("insert into author values (1, 'Ursula K. Le Guin')")
  await connection.execute("insert into book values (1, 'The Dispossessed', 1)")

  const changes = await orm.schema.getUpdateSchemaSQL()
  for (const line of changes.split('\n').filter((text) => /foreign_keys|author__temp/.test(text)))
    console.log(`  ${line.slice(0, 60)}${line.length > 60 ? '…' : ''}`)
  await orm.schema.update()

  const book = await orm.em
    .fork()
    .findOneOrFail(Book, { title: 'The Dispossessed' }, { populate: ['author'] })
  printText(`The book is still there: ${book.title}, by ${book.author.name}.`)
  assert.equal(await orm.schema.getUpdateSchemaSQL(), '')
  assert.deepEqual(await connection.execute('pragma foreign_key_check'), [])
  await orm.schema.drop()
  assert.deepEqual(await connection.execute("select name from sqlite_schema where name = 'book'"), [])
  await orm.close()
}

async function flushUnitOfWork(): Promise<void> {
  printStep(
    'The unit of work',
    'A graph of entities goes into the database with one flush, in one transaction.',
  )
  const orm = await openLibrary(new PooledSqliteDialect(':memory:'))
  await orm.schema.create()
  const em = orm.em.fork()
  const [fantasy, novel] = ['fantasy', 'novel'].map((name) => em.create(Tag, { name }))
  const author = em.create(Author, { name: 'Terry Pratchett' })
  for (const title of ['Mort', 'Small Gods', 'Night Watch'])
    em.create(Book, { title, author, published: null, tags: [fantasy!, novel!] })
  orm.config.getLogger().setDebugMode(['query'])
  await em.flush()
  orm.config.getLogger().setDebugMode(false)

  const found = await orm.em
    .fork()
    .findOneOrFail(Author, { name: 'Terry Pratchett' }, { populate: ['books.tags'] })
  assert.deepEqual(
    found.books.map(({ title, tags }) => [title, tags.map(({ name }) => name)]),
    ['Mort', 'Small Gods', 'Night Watch'].map((title) => [title, ['fantasy', 'novel']]),
  )

  printText('\nA flush that fails leaves nothing, and MikroORM knows the error:')
  const other = orm.em.fork()
  other.create(Book, {
    title: 'Mort',
    author: other.create(Author, { name: 'An impostor' }),
    published: null,
  })
  const error: unknown = await other.flush().catch((reason: unknown) => reason)
  assert(error instanceof UniqueConstraintViolationException)
  printText(`${error.name}: ${error.message}`)
  assert.equal(await orm.em.fork().count(Author), 1)
  await orm.close()
}

async function comparePoolClasses(): Promise<void> {
  printStep(
    'The pool class',
    `${UNITS} units of work are flushed at once. Then a reader comes while a transaction is open. ` +
      'The dialect in driverOptions decides how many connections that takes, and who waits.',
  )
  const pragmas = { journal_mode: 'wal', synchronous: 'normal' }
  printTable(
    ['database', 'pool class', 'connections opened', 'a reader during a transaction'],
    [
      await useLibrary('a file', { url: join(folder.path, 'one.db'), pragmas }),
      await useLibrary('a file', { url: join(folder.path, 'two.db'), poolclass: 'QueuePool', pragmas }),
      await useLibrary(':memory:', { url: ':memory:' }),
    ],
  )
}

async function useLibrary(database: string, config: PooledSqliteDialectConfig): Promise<(string | number)[]> {
  const dialect = new PooledSqliteDialect(config)
  const orm = await openLibrary(dialect)
  await orm.schema.create()
  await Promise.all(
    Array.from({ length: UNITS }, async (_, n) => {
      const em = orm.em.fork()
      const author = em.create(Author, { name: `Author ${n}` })
      em.create(Book, { title: `Volume ${n}`, author, published: null })
      await em.flush()
    }),
  )
  const { poolclass, opened, checkedOut } = dialect.pool.status()
  assert.equal(checkedOut, 0)
  const isAlone = poolclass === 'SingletonThreadPool'
  const counted = await readDuringTransaction(orm, isAlone)
  assert.equal(counted, isAlone ? UNITS + 1 : UNITS)
  assert.equal(await orm.em.fork().count(Author), UNITS + 1)
  await orm.close()
  return [database, poolclass, opened, isAlone ? 'waits for its end' : 'sees what is committed']
}

/** What a reader counts who comes while a transaction is open. */
async function readDuringTransaction(orm: Library, mustWait: boolean): Promise<number> {
  const begun = Promise.withResolvers<void>()
  const reading = begun.promise.then(() => orm.em.fork().count(Author))
  await orm.em.fork().transactional(async (em) => {
    em.create(Author, { name: 'A latecomer' })
    await em.flush()
    begun.resolve()
    await (mustWait ? sleep(50) : reading)
  })
  return reading
}
