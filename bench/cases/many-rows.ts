import { expect, READING, READINGS } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { onClient, repeating } from '../query.ts'

const CHUNK = 1000

interface Row {
  readonly id: number
}

const check = (count: number, last: Row | undefined): void => {
  expect('the number of rows', READINGS, count)
  expect('the last id', READINGS, last?.id)
}

export const cases: Case[] = [
  {
    name: '100,000 rows',
    goals: [{ at: ['WAL file'], contestant: 'StaticPool, threads: 1', rival: 'StaticPool', atMost: 1.6 }],
    start: repeating<Row>(READING, {
      build: (db) => db.selectFrom('reading').selectAll(),
      parameters: () => [],
      check: (rows) => check(rows.length, rows.at(-1)),
    }),
  },
  {
    name: '100,000 rows streamed',
    goals: [{ at: ['WAL file'], contestant: 'StaticPool, threads: 1', rival: 'StaticPool', atMost: 1.5 }],
    start: onClient(READING, async (client) => {
      const statement = 'db' in client ? undefined : await client.prepare('select * from reading')
      async function run(): Promise<void> {
        let [count, last]: [number, unknown] = [0, undefined]
        const see = (row: unknown): void => {
          count += 1
          last = row
        }
        if ('db' in client)
          for await (const row of client.db.selectFrom('reading').selectAll().stream(CHUNK)) see(row)
        else if (statement?.iterate !== undefined) for (const row of statement.iterate()) see(row)
        else await statement?.each?.(see)
        check(count, last as Row | undefined)
      }
      return { run }
    }),
  },
]
