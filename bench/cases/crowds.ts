import { BASELINE, openDialect } from '../contestants/index.ts'
import { PERSON } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { findPerson } from '../query.ts'

/** How many queries a task runs on its connection before it gives it back. */
const QUERIES_EACH = 10

export const cases: Case[] = [
  {
    name: 'waiting queries',
    contestants: ['StaticPool', 'QueuePool', 'QueuePool, threads: 1', BASELINE],
    columns: [1, 10, 100, 1000, 10_000],
    varied: { title: 'queries at once', scale: 'log' },
    async start(seat) {
      const { db } = await openDialect({ ...seat, column: 'WAL file' }, PERSON)
      const queries = Array.from({ length: Number(seat.column) }, (_, query) => query)
      const run = (n: number): Promise<unknown> =>
        Promise.all(queries.map((query) => findPerson(db, n * queries.length + query)))
      return { operations: queries.length, run }
    },
  },
  {
    name: 'connections',
    contestants: ['QueuePool', 'QueuePool, threads: 1', 'QueuePool, threads: 2'],
    columns: [1, 2, 4, 8, 16, 32, 64],
    varied: { title: 'connections of a QueuePool', scale: 'log' },
    async start(seat) {
      const poolSize = Number(seat.column)
      const { db } = await openDialect({ ...seat, column: 'WAL file' }, PERSON, { poolSize, maxOverflow: 0 })
      const borrow = (): Promise<void> =>
        db.connection().execute(async (connection) => {
          for (let n = 0; n < QUERIES_EACH; n += 1) await findPerson(connection, n)
        })
      const run = (): Promise<unknown> => Promise.all(Array.from({ length: poolSize }, borrow))
      return { operations: poolSize * QUERIES_EACH, run }
    },
  },
]
