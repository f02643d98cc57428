import { setImmediate as nextTurn } from 'node:timers/promises'
import { BASELINE } from '../contestants/index.ts'
import type { Client, DriverClient } from '../contestants/client.ts'
import { type Db, EMPTY_PERSON, expect, PERSON, READING, READINGS } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { findPerson, onClient } from '../query.ts'

/** Milliseconds. */
const EVERY = 5
const LOOP_FOR = 1000

const INSERTS = 100_000
/** After how many inserts a driver turns the event loop: a few milliseconds of work. */
const INSERTS_PER_TURN = 1000

/** The longest time between two beats of a timer, in nanoseconds. */
async function longestGap(work: () => Promise<unknown>): Promise<number> {
  let [longest, last] = [0, performance.now()]
  const beat = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const timer = setInterval(beat, EVERY)
  await work()
  beat()
  clearInterval(timer)
  return longest * 1e6
}

async function loop(act: (n: number) => Promise<unknown>): Promise<void> {
  const end = performance.now() + LOOP_FOR
  for (let n = 0; performance.now() < end; n += 1) await act(n)
}

const personAt = (n: number) => ({
  name: `Person ${n}`,
  email: `person${n}@example.org`,
  age: n % 90,
  score: n / 7,
})

function insert(db: Db, n: number): Promise<unknown> {
  return db.insertInto('person').values(personAt(n)).execute()
}

async function insertAll(db: Db): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (let n = 0; n < INSERTS; n += 1) await insert(trx, n)
  })
}

/** The least that a user of the driver has to do: it turns the loop by hand, and COMMIT is one call. */
async function insertAllByHand(client: DriverClient): Promise<void> {
  const [begin, commit] = [await client.prepare('begin immediate'), await client.prepare('commit')]
  const one = await client.prepare('insert into person (name, email, age, score) values (?, ?, ?, ?)')
  await begin.run()
  for (let n = 0; n < INSERTS; n += 1) {
    await one.run(...Object.values(personAt(n)))
    if (n % INSERTS_PER_TURN === 0) await nextTurn()
  }
  await commit.run()
}

async function streamAll(db: Db): Promise<void> {
  let rows = 0
  for await (const _ of db.selectFrom('reading').selectAll().stream()) rows += 1
  expect('the number of rows', READINGS, rows)
}

/**
 * A timer beside one task that awaits statement after statement.
 *
 * @param byHand The same with a driver alone. Absent where it would never turn the loop.
 */
function beside(
  what: string,
  data: readonly string[],
  work: (db: Db) => Promise<unknown>,
  byHand?: (client: DriverClient) => Promise<unknown>,
): Case {
  const workOf = (client: Client): Promise<unknown> => ('db' in client ? work(client.db) : byHand!(client))
  return {
    name: `timer beside ${what}`,
    contestants: [BASELINE, 'StaticPool', 'QueuePool', ...(byHand === undefined ? [] : ['better-sqlite3'])],
    columns: ['WAL file'],
    goals: [{ at: ['WAL file'], contestant: 'StaticPool', atMost: 25e6 }],
    start: onClient(data, (client) => ({
      measures: true,
      run: () => longestGap(() => workOf(client)),
    })),
  }
}

export const cases: Case[] = [
  beside('point selects', PERSON, (db) => loop((n) => findPerson(db, n))),
  beside('inserts', [EMPTY_PERSON], (db) => loop((n) => insert(db, n))),
  beside('a transaction of 100,000 inserts', [EMPTY_PERSON], insertAll, insertAllByHand),
  beside('a stream of 100,000 rows', READING, streamAll),
]
