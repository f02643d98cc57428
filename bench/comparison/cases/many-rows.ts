import { READING, READINGS } from '../data.ts'
import { type Case, expect } from './case.ts'

const SELECT = 'select * from reading'
const CHUNK = 1000

interface Row {
  readonly id: number
}

export const readAll: Case = {
  name: '100,000 rows',
  about: '100,000 rows of four columns as one array.',
  data: READING,
  kysely:
    ({ db }) =>
    async (times) => {
      for (let n = 0; n < times; n += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        check(await db.selectFrom('reading').selectAll().execute())
      }
    },
  sync: ({ database }) => {
    const statement = database.prepare(SELECT)
    return (times) => {
      for (let n = 0; n < times; n += 1) check(statement.all() as Row[])
    }
  },
  async: async ({ database }) => {
    const statement = await database.prepare(SELECT)
    return async (times) => {
      for (let n = 0; n < times; n += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        check((await statement.all()) as Row[])
      }
    }
  },
}

export const streamAll: Case = {
  name: '100,000 rows streamed',
  about: `The same row by row, without holding all: Kysely's stream with a chunk size of ${CHUNK}, a driver's own iterator.`,
  data: READING,
  kysely:
    ({ db }) =>
    async (times) => {
      for (let n = 0; n < times; n += 1) {
        const counter = new Counter()
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        for await (const row of db.selectFrom('reading').selectAll().stream(CHUNK)) counter.see(row)
        counter.check()
      }
    },
  sync: ({ database }) => {
    const statement = database.prepare(SELECT)
    return (times) => {
      for (let n = 0; n < times; n += 1) {
        const counter = new Counter()
        for (const row of statement.iterate()) counter.see(row as Row)
        counter.check()
      }
    }
  },
  async: async ({ database }) => {
    const statement = await database.prepare(SELECT)
    return async (times) => {
      for (let n = 0; n < times; n += 1) {
        const counter = new Counter()
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await statement.each((row) => counter.see(row as Row))
        counter.check()
      }
    }
  },
}

class Counter {
  #rows = 0
  #last = 0

  see({ id }: Row): void {
    this.#rows += 1
    this.#last = id
  }

  check(): void {
    expect('the number of rows', READINGS, this.#rows)
    expect('the last id', READINGS, this.#last)
  }
}

function check(rows: readonly Row[]): void {
  expect('the number of rows', READINGS, rows.length)
  expect('the last id', READINGS, rows.at(-1)?.id)
}
