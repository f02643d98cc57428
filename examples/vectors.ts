/**
 * The cities of the world as vectors, in a file, and the ones next to a place: sqlite-vec on every connection, in two threads.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/vectors.ts`.
 */
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { sql } from 'kysely'
import { printStep, printTable, printText } from './print.ts'
import {
  CITY_COUNT,
  importCities,
  nearestByHand,
  nearestTo,
  openDatabase,
  type Place,
} from './vectors/database.ts'

const PLACES: Readonly<Record<string, Place>> = {
  'the Eiffel Tower': { latitude: 48.8584, longitude: 2.2945 },
  'the summit of Kilimanjaro': { latitude: -3.0674, longitude: 37.3556 },
  'the point farthest from land': { latitude: -48.8767, longitude: -123.3933 },
}
const SEARCHES = 100

await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-vectors-'))
const db = openDatabase(join(folder.path, 'cities.db'))
try {
  await fill()
  await search()
  await searchAtOnce()
  await tryToLoad()
} finally {
  await db.destroy()
}

async function fill(): Promise<void> {
  printStep(
    'Cities as vectors',
    'Each city becomes a point of a globe of radius 1: three numbers, in a table of sqlite-vec. The option ' +
      'extensions: [getLoadablePath()] loads it on every connection.',
  )
  const start = performance.now()
  await importCities(db)
  const seconds = (performance.now() - start) / 1000
  printText(`${CITY_COUNT.toLocaleString('en')} cities in ${seconds.toFixed(1)} s.`)
}

async function search(): Promise<void> {
  printStep(
    'The nearest neighbours',
    'What is next to a vector? SQLite answers with the rows in their order, joined with their names.',
  )
  for (const [name, place] of Object.entries(PLACES)) {
    const found = await nearestTo(db, place, 4)
    printText(`\nNext to ${name}:`)
    printTable(
      ['city', 'country', 'km'],
      found.map(({ name: city, country, kilometres }) => [city, country, kilometres]),
    )
    assert.deepEqual(
      found.map(({ name: city }) => city),
      nearestByHand(place, 4),
    )
  }
  printText('\nA loop over all cities in JavaScript finds the same.')
}

async function searchAtOnce(): Promise<void> {
  printStep(
    `${SEARCHES} searches at once`,
    'Each compares a place with all cities. They run in two worker threads, so this one stays free.',
  )
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const start = performance.now()
  const places = Array.from({ length: SEARCHES }, (_, n) => ({ latitude: n - 50, longitude: n * 3 }))
  const answers = await Promise.all(places.map((place) => nearestTo(db, place, 1)))
  const milliseconds = performance.now() - start
  delay.disable()
  printTable(
    ['searches', 'ms', 'vectors/s', 'longest stop of this thread, ms'],
    [
      [
        answers.length,
        milliseconds,
        Math.round((SEARCHES * CITY_COUNT * 1000) / milliseconds),
        delay.max / 1e6,
      ],
    ],
  )
}

async function tryToLoad(): Promise<void> {
  printStep('What SQL can load', 'Nothing: who can send SQL cannot run native code.')
  const refusal = await sql`select load_extension('./anything')`
    .execute(db)
    .catch((error: Error) => error.message)
  printText(`select load_extension('./anything') → ${String(refusal)}`)
  assert.equal(refusal, 'not authorized')
}
