import { expect, idAt, PEOPLE, PERSON, PURCHASE, PURCHASES_EACH } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { type Repeated, repeating } from '../query.ts'

const startOf = (count: number, n: number): number => (idAt(n) % (PEOPLE - count)) + 1

/** So many by a range of keys. */
const people = (count: number): Repeated<unknown> => ({
  build: (db, n) =>
    db
      .selectFrom('person')
      .selectAll()
      .where('id', '>=', startOf(count, n))
      .where('id', '<', startOf(count, n) + count),
  parameters: (n) => [startOf(count, n), startOf(count, n) + count],
  check: (rows) => expect('the number of rows', count, rows.length),
})

/** Of so many people, by an index. */
const purchases = (count: number): Repeated<unknown> => ({
  build: (db, n) =>
    db
      .selectFrom('person')
      .innerJoin('purchase', 'purchase.person_id', 'person.id')
      .select(['purchase.id', 'person.name', 'purchase.product', 'purchase.price'])
      .where('person.id', '>=', startOf(count, n))
      .where('person.id', '<', startOf(count, n) + count),
  parameters: (n) => [startOf(count, n), startOf(count, n) + count],
  check: (rows) => expect('the number of rows', count * PURCHASES_EACH, rows.length),
})

export const cases: Case[] = [
  {
    name: 'range of 100 rows',
    goals: [{ at: ['WAL file'], contestant: 'StaticPool, threads: 1', rival: 'StaticPool', atMost: 1.8 }],
    start: repeating(PERSON, people(100)),
  },
  { name: 'join', start: repeating([...PERSON, ...PURCHASE], purchases(10)) },
]
