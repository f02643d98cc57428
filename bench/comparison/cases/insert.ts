import { person } from '../../people.ts'
import type { Db } from '../../tables.ts'
import { CHECKPOINT, EMPTY_PERSON } from '../data.ts'
import { type Case, expect } from './case.ts'

const EACH = 10
const INSERT = 'insert into person (name, email, age, score) values (?, ?, ?, ?)'
const INSERT_RETURNING = `${INSERT} returning id`

export const insert: Case = {
  name: 'insert',
  about: 'One row, in a transaction of its own.',
  data: [EMPTY_PERSON],
  batch: { most: 2000 },
  kysely:
    ({ db }) =>
    async (times) => {
      for (let n = 0; n < times; n += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await insertOne(db, n)
      }
    },
  sync: ({ database }) => {
    const statement = database.prepare(INSERT)
    return (times) => {
      for (let n = 0; n < times; n += 1) statement.run(...values(n))
    }
  },
  async: async ({ database }) => {
    const statement = await database.prepare(INSERT)
    return async (times) => {
      for (let n = 0; n < times; n += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await statement.run(...values(n))
      }
    }
  },
  reset: emptied(1),
}

export const insertReturning: Case = {
  name: 'insert returning',
  about: 'One row, in a transaction of its own, and its new id is returned.',
  data: [EMPTY_PERSON],
  batch: { most: 2000 },
  kysely:
    ({ db }) =>
    async (times) => {
      for (let n = 0; n < times; n += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        checkId(await db.insertInto('person').values(person(n)).returning('id').executeTakeFirst())
      }
    },
  sync: ({ database }) => {
    const statement = database.prepare(INSERT_RETURNING)
    return (times) => {
      for (let n = 0; n < times; n += 1) checkId(statement.get(...values(n)))
    }
  },
  async: async ({ database }) => {
    const statement = await database.prepare(INSERT_RETURNING)
    return async (times) => {
      for (let n = 0; n < times; n += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        checkId(await statement.get(...values(n)))
      }
    }
  },
  reset: emptied(1),
}

export const transactionOfTen: Case = {
  name: 'transaction of ten',
  about: `Begin, ${EACH} inserts of one row, commit.`,
  data: [EMPTY_PERSON],
  batch: { most: 200 },
  kysely:
    ({ db }) =>
    async (times) => {
      for (let n = 0; n < times; n += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await db.transaction().execute(async (trx) => {
          for (let row = 0; row < EACH; row += 1) {
            // oxlint-disable-next-line no-await-in-loop -- one after the other
            await insertOne(trx, row)
          }
        })
      }
    },
  sync: ({ database }) => {
    const [begin, statement, commit] = ['begin immediate', INSERT, 'commit'].map((sql) =>
      database.prepare(sql),
    )
    return (times) => {
      for (let n = 0; n < times; n += 1) {
        begin!.run()
        for (let row = 0; row < EACH; row += 1) statement!.run(...values(row))
        commit!.run()
      }
    }
  },
  async: async ({ database }) => {
    const statements = ['begin immediate', INSERT, 'commit'].map((sql) => database.prepare(sql))
    const [begin, statement, commit] = await Promise.all(statements)
    return async (times) => {
      for (let n = 0; n < times; n += 1) {
        // oxlint-disable no-await-in-loop -- one after the other
        await begin!.run()
        for (let row = 0; row < EACH; row += 1) await statement!.run(...values(row))
        await commit!.run()
        // oxlint-enable no-await-in-loop
      }
    }
  },
  reset: emptied(EACH),
}

async function insertOne(db: Db, number: number): Promise<void> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('person')
    .values(person(number))
    .executeTakeFirstOrThrow()
  expect('the number of inserted rows', 1n, numInsertedOrUpdatedRows)
}

function values(number: number): (string | number)[] {
  return Object.values(person(number))
}

function checkId(row: unknown): void {
  expect('the type of the returned id', 'number', typeof (row as { id: number } | undefined)?.id)
}

function emptied(rowsEach: number): Exclude<Case['reset'], undefined> {
  return async (client, done) => {
    expect('the number of rows', done * rowsEach, await client.value('select count(*) from person'))
    await client.execute('delete from person')
    await client.execute(CHECKPOINT)
  }
}
