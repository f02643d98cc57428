import { setTimeout as delay } from 'node:timers/promises'
import type { PooledSqliteDialect } from '@poolclass/dialect'
import type { Connection } from '../../packages/dialect/src/connection/connection.ts'
import { CompiledQuery, type Kysely, sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Chance, chanceOf } from '../support/chance.ts'
import {
  type CounterDatabase,
  createCounters,
  rowsOf,
  untilAllReturned,
  valueOf,
} from '../support/counters.ts'
import { effort, isLongRun, timeout } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { PLACES_FOR_MANY, type Place } from '../support/places.ts'
import { silentConsole } from '../support/silent-console.ts'

type Task = (db: Kysely<CounterDatabase>, chance: Chance) => Promise<unknown>

const add = (db: Kysely<CounterDatabase>): Promise<unknown> =>
  db
    .updateTable('counter')
    .set(({ eb }) => ({ value: eb('value', '+', 1) }))
    .execute()

/** Nobody else may write on the connection in between. */
async function insertInSession(db: Kysely<CounterDatabase>): Promise<void> {
  await db.connection().execute(async (connection) => {
    const { insertId } = await connection
      .insertInto('counter')
      .values({ value: 0 } as CounterDatabase['counter'])
      .executeTakeFirstOrThrow()
    await valueOf(connection)
    const { rows } = await sql<{ id: number }>`select last_insert_rowid() as id`.execute(connection)
    expect(rows).toEqual([{ id: Number(insertId) }])
  })
}

/** What a plugin does with a handle of its own: some statements, awaited or not, and perhaps a failing one. */
async function plugin(db: Kysely<CounterDatabase>, chance: Chance): Promise<void> {
  const query = db.selectFrom('counter').selectAll().compile()
  await db.getExecutor().provideConnection(async (handle) => {
    const texts = [
      'select 1',
      'select value from counter',
      'select nothing',
      'update counter set value = value + 1',
    ]
    const sent = [query, ...texts.slice(0, chance(4)).map((text) => CompiledQuery.raw(text))].map((each) =>
      handle.executeQuery(each).catch(() => {}),
    )
    for (let step = chance(8); step > 0; step -= 1) await Promise.resolve()
    if (chance(2) === 0) await Promise.all(sent)
  })
}

const TASKS: readonly Task[] = [
  (db) => valueOf(db),
  (db) => db.selectFrom('counter').selectAll().execute(),
  (db) => db.executeQuery(CompiledQuery.raw('select count(*) from counter')),
  (db) =>
    db
      .selectFrom('nothing' as 'counter')
      .selectAll()
      .execute()
      .catch(() => {}),
  (db) => add(db),
  (db) => db.transaction().execute(async (trx) => [await valueOf(trx), await add(trx)]),
  insertInSession,
  (db) => rowsOf(db.selectFrom('counter').selectAll().stream(1)),
  (db, chance) =>
    db
      .selectFrom('counter')
      .selectAll()
      .execute({ signal: AbortSignal.timeout(chance(4)) })
      .catch(() => {}),
  plugin,
]

beforeEach(silentConsole)

/** Notes each connection that is lent to two. */
function watch({ pool }: PooledSqliteDialect, chance: Chance): string[] {
  const out = new Set<Connection>()
  const faults: string[] = []
  pool.on('checkout', (connection) => {
    if (out.has(connection)) faults.push(`${connection.label} was lent to two`)
    if (connection.isReading || connection.inTransaction) faults.push(`${connection.label} was lent in use`)
    out.add(connection)
  })
  pool.on('checkin', async (connection) => {
    if (!out.delete(connection)) faults.push(`${connection.label} was given back twice`)
    if (chance(8) === 0) await delay(chance(3))
  })
  return faults
}

/**
 * Any mix of tasks at once.
 *
 * @param isWatched By listeners of the pool, which delay some check-ins.
 * @returns the faults that they saw.
 */
async function storm(place: Place, seed: number, isWatched: boolean): Promise<string[]> {
  const chance = chanceOf(seed)
  const { db, dialect } = open<CounterDatabase>(place.config({ connectArgs: { timeout: 20_000 } }))
  const faults = isWatched ? watch(dialect, chance) : []
  await createCounters(db, 5)
  for (let round = 0; round < 10; round += 1) {
    const tasks = Array.from({ length: 1 + chance(30) }, () => TASKS[chance(TASKS.length)]!)
    await Promise.all(tasks.map((task) => task(db, chance)))
    if (place.kind !== 'memory' && chance(4) === 0) await dialect.pool.dispose()
  }
  await untilAllReturned(dialect)
  await valueOf(db)
  return faults
}

describe.each(PLACES_FOR_MANY)('%s', (place) => {
  test.each([true, false])(
    'no connection is lent to two, and none is lost (watched: %s)',
    async (isWatched) => {
      for (let seed = 1; seed <= (isLongRun ? effort : 1); seed += 1)
        expect(await storm(place, 20_261_122 + seed, isWatched)).toEqual([])
    },
    timeout,
  )
})
