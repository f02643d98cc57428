import { idAfter } from '../../people.ts'
import type { Db } from '../../tables.ts'
import { PEOPLE, PERSON, PURCHASE, PURCHASES_EACH } from '../data.ts'
import { type Case, expect } from './case.ts'

interface Row {
  readonly id: number
}

/** A walk through parameters: what one operation asks for, and how many rows it must get. */
interface Select {
  readonly sql: string
  readonly parameters: (id: number) => number[]
  readonly rows: number
  readonly kysely: (db: Db, id: number) => Promise<readonly Row[]>
}

const RANGE = 100
const JOINED = 10

export const pointSelect: Case = {
  name: 'point select',
  about: 'One row of four columns by its primary key.',
  data: PERSON,
  ...selects({
    sql: 'select * from person where id = ?',
    parameters: (id) => [id],
    rows: 1,
    kysely: (db, id) => db.selectFrom('person').selectAll().where('id', '=', id).execute(),
  }),
}

export const rangeSelect: Case = {
  name: 'range of 100 rows',
  about: `${RANGE} rows by a range of primary keys.`,
  data: PERSON,
  ...selects({
    sql: 'select * from person where id >= ? and id < ?',
    parameters: (id) => [rangeFrom(id), rangeFrom(id) + RANGE],
    rows: RANGE,
    kysely: (db, id) =>
      db
        .selectFrom('person')
        .selectAll()
        .where('id', '>=', rangeFrom(id))
        .where('id', '<', rangeFrom(id) + RANGE)
        .execute(),
  }),
}

export const join: Case = {
  name: 'join',
  about: `${JOINED} people and their ${PURCHASES_EACH} purchases each, by an index: ${JOINED * PURCHASES_EACH} rows of four columns.`,
  data: [...PERSON, ...PURCHASE],
  ...selects({
    sql: `select purchase.id, person.name, purchase.product, purchase.price from person
            inner join purchase on purchase.person_id = person.id where person.id >= ? and person.id < ?`,
    parameters: (id) => [joinFrom(id), joinFrom(id) + JOINED],
    rows: JOINED * PURCHASES_EACH,
    kysely: (db, id) =>
      db
        .selectFrom('person')
        .innerJoin('purchase', 'purchase.person_id', 'person.id')
        .select(['purchase.id', 'person.name', 'purchase.product', 'purchase.price'])
        .where('person.id', '>=', joinFrom(id))
        .where('person.id', '<', joinFrom(id) + JOINED)
        .execute(),
  }),
}

function rangeFrom(id: number): number {
  return (id % (PEOPLE - RANGE)) + 1
}

function joinFrom(id: number): number {
  return (id % (PEOPLE - JOINED)) + 1
}

function selects({ sql, parameters, rows, kysely }: Select): Pick<Case, 'kysely' | 'sync' | 'async'> {
  const check = (id: number, found: readonly Row[]): void => {
    expect(`the number of rows for ${id}`, rows, found.length)
    if (rows === 1) expect('the id', id, found[0]!.id)
  }
  return {
    kysely:
      ({ db }) =>
      async (times) => {
        for (let n = 0, id = 1; n < times; n += 1, id = idAfter(id)) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          check(id, await kysely(db, id))
        }
      },
    sync: ({ database }) => {
      const statement = database.prepare(sql)
      return (times) => {
        for (let n = 0, id = 1; n < times; n += 1, id = idAfter(id)) {
          check(id, statement.all(...parameters(id)) as Row[])
        }
      }
    },
    async: async ({ database }) => {
      const statement = await database.prepare(sql)
      return async (times) => {
        for (let n = 0, id = 1; n < times; n += 1, id = idAfter(id)) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          check(id, (await statement.all(...parameters(id))) as Row[])
        }
      }
    },
  }
}
