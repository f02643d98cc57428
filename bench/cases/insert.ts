import type { Client } from '../contestants/client.ts'
import { BARE_WITH_OUR_COMPILER, BASELINE, COMPARED } from '../contestants/index.ts'
import { type Db, EMPTY_PERSON, expect, undo } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { onClient, type Repeated, repeating, runner } from '../query.ts'

const ROWS = Array.from({ length: 10 }, (_, row) => row)

const personOf = (n: number) => {
  return { name: `Person ${n}`, email: `person${n}@example.org`, age: n % 90, score: n / 7 }
}
const nameOf = (n: number): string => `name ${(n * 389) % 500}`

const insert = {
  build: (db: Db, n: number) => db.insertInto('person').values(personOf(n)),
  parameters: (n: number) => Object.values(personOf(n)),
  most: 2000,
  async reset(client: Client, done: number): Promise<void> {
    expect('the number of rows', done, await client.value('select count(*) from person'))
    await undo(client, 'delete from person')
  },
}

const insertReturning: Repeated<{ id: number }> = {
  ...insert,
  build: (db, n) => insert.build(db, n).returning('id'),
  check: ([row]) => expect('the type of the returned id', 'number', typeof row?.id),
}

const upsert: Repeated<unknown> = {
  build: (db, n) =>
    db
      .insertInto('tally')
      .values({ name: nameOf(n), count: 1 })
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet((set) => ({ count: set('tally.count', '+', 1) })),
      ),
  parameters: (n) => [nameOf(n), 1, 1],
  most: 2000,
  async reset(client, done) {
    expect('the sum of all counts', done, await client.value('select total(count) from tally'))
    await undo(client, 'delete from tally')
  },
}

async function transaction(client: Client): Promise<() => unknown> {
  if ('db' in client) {
    return () =>
      client.db.transaction().execute(async (trx) => {
        for (const row of ROWS) await insert.build(trx, row).execute()
      })
  }
  const [begin, commit] = [await client.prepare('begin immediate'), await client.prepare('commit')]
  const insertRow = await runner<unknown>(client, insert)
  const steps = [() => begin.run(), ...ROWS.map((row) => () => insertRow(row)), () => commit.run()]
  return async () => {
    for (const step of steps) {
      const done = step()
      if (done instanceof Promise) await done
    }
  }
}

export const cases: Case[] = [
  {
    name: 'insert',
    contestants: [...COMPARED, BARE_WITH_OUR_COMPILER],
    goals: [
      { at: ['memory', 'WAL file'], contestant: 'StaticPool', rival: 'bare', atLeast: 1.05 },
      { at: ['memory'], contestant: 'StaticPool', rival: BASELINE, atLeast: 2.4 },
      { at: ['WAL file'], contestant: 'StaticPool', rival: BASELINE, atLeast: 1.4 },
    ],
    start: repeating<unknown>([EMPTY_PERSON], insert),
  },
  { name: 'insert returning', start: repeating([EMPTY_PERSON], insertReturning) },
  {
    name: 'upsert',
    start: repeating(['create table tally (name text primary key, count integer not null)'], upsert),
  },
  {
    name: 'transaction of ten',
    contestants: [...COMPARED, BARE_WITH_OUR_COMPILER],
    goals: [
      { at: ['memory', 'WAL file'], contestant: 'StaticPool', rival: 'bare', atLeast: 1.05 },
      { at: ['memory'], contestant: 'StaticPool', rival: BASELINE, atLeast: 2.5 },
    ],
    start: onClient([EMPTY_PERSON], async (client) => ({
      run: await transaction(client),
      most: 200,
      reset: (done) => insert.reset(client, done * ROWS.length),
    })),
  },
]
