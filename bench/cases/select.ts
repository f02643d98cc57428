import {
  BARE_WITH_OUR_COMPILER,
  BASELINE,
  COMPARED,
  GENERIC_WORKER,
  LENDING,
  open,
} from '../contestants/index.ts'
import { expect, idAt, PEOPLE, PERSON, PURCHASE, PURCHASES_EACH } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { findPerson, onClient, repeated, type Repeated, repeating, SELECT, whileLent } from '../query.ts'

const IDLE = 4

/** From which to before which id. */
const range = (count: number, n: number): [number, number] => {
  const from = (idAt(n) % (PEOPLE - count)) + 1
  return [from, from + count]
}

/** So many by a range of keys. */
const people = (count: number): Repeated<unknown> => ({
  build: (db, n) =>
    db
      .selectFrom('person')
      .selectAll()
      .where('id', '>=', range(count, n)[0])
      .where('id', '<', range(count, n)[1]),
  parameters: (n) => range(count, n),
  check: (rows) => expect('the number of rows', count, rows.length),
})

/** Of so many people, by an index. */
const purchases = (count: number): Repeated<unknown> => ({
  build: (db, n) =>
    db
      .selectFrom('person')
      .innerJoin('purchase', 'purchase.person_id', 'person.id')
      .select(['purchase.id', 'person.name', 'purchase.product', 'purchase.price'])
      .where('person.id', '>=', range(count, n)[0])
      .where('person.id', '<', range(count, n)[1]),
  parameters: (n) => range(count, n),
  check: (rows) => expect('the number of rows', count * PURCHASES_EACH, rows.length),
})

export const cases: Case[] = [
  {
    name: 'point select',
    contestants: [...COMPARED, BARE_WITH_OUR_COMPILER],
    goals: [
      { at: ['memory', 'WAL file'], contestant: 'StaticPool', rival: 'bare', atLeast: 1.1 },
      { at: ['memory', 'WAL file'], contestant: 'SingletonThreadPool', rival: 'bare', atLeast: 1.1 },
      { at: ['WAL file'], contestant: 'QueuePool', rival: 'bare', atLeast: 1.1 },
      { at: ['memory', 'WAL file'], contestant: 'StaticPool', rival: BASELINE, atLeast: 4.8 },
      { at: ['WAL file'], contestant: 'QueuePool, threads: 1', rival: GENERIC_WORKER, atLeast: 2 },
    ],
    start: repeating(PERSON, SELECT),
  },
  {
    name: 'point select, compiled once',
    contestants: ['StaticPool', BASELINE, 'bare', 'better-sqlite3'],
    columns: ['memory', 'WAL file'],
    goals: [{ at: ['WAL file'], contestant: 'StaticPool', rival: 'better-sqlite3', atLeast: 0.5 }],
    start: onClient(PERSON, async (client) => {
      if ('db' in client) {
        const query = SELECT.build(client.db, 0).compile()
        const run = (n: number): Promise<unknown> =>
          client.db.executeQuery({ ...query, parameters: [idAt(n)] })
        return { run, check: (found, n) => SELECT.check((found as { rows: { id: number }[] }).rows, n) }
      }
      const statement = await client.prepare('select * from person where id = ?')
      const run = (n: number): unknown => statement.get!(idAt(n))
      return { run, check: (row, n) => SELECT.check([row as { id: number }], n) }
    }),
  },
  {
    name: 'point select, four idle connections',
    contestants: ['QueuePool', 'GenericPool', 'StaticPool', 'bare'],
    columns: ['shared memory', 'WAL file'],
    goals: [{ at: ['WAL file'], contestant: 'QueuePool', rival: 'bare', atLeast: 1 }],
    async start(seat) {
      let opened = 0
      const client = await open(seat, PERSON, { onCreateConnection: async () => void (opened += 1) })
      if (LENDING.some((name) => name === seat.contestant) && 'db' in client) {
        await whileLent(
          client.db,
          IDLE,
          (connection) => findPerson(connection, 0),
          async () => {},
        )
        expect('the number of connections', IDLE, opened)
      }
      return await repeated(client, SELECT)
    },
  },
  {
    name: 'point select, 64 at a time',
    contestants: ['QueuePool', 'QueuePool, threads: 1', GENERIC_WORKER],
    columns: ['WAL file'],
    goals: [
      { at: ['WAL file'], contestant: 'QueuePool, threads: 1', rival: GENERIC_WORKER, atLeast: 5 },
      { at: ['WAL file'], contestant: 'QueuePool, threads: 1', rival: 'QueuePool', atLeast: 0.6 },
    ],
    warmUp: 1500,
    start: repeating(PERSON, { ...SELECT, tasks: 64 }),
  },
  {
    name: 'range of 100 rows',
    goals: [{ at: ['WAL file'], contestant: 'StaticPool, threads: 1', rival: 'StaticPool', atMost: 1.8 }],
    start: repeating(PERSON, people(100)),
  },
  { name: 'join', start: repeating([...PERSON, ...PURCHASE], purchases(10)) },
]
