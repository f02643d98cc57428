import { sql } from 'kysely'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Client } from '../contestants/client.ts'
import { open } from '../contestants/index.ts'
import { execute, READING } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { onClient, whileLent } from '../query.ts'

/** As many as the defaults of QueuePool allow, and some to spare. */
const CONNECTIONS = 12
/** It reads all pages of the table, so that the connection's page cache is full. */
const QUERY = 'select sum(length(sensor)) from reading'
/** Their connections come from one dialect. Of the others, each is a dialect, or a driver's handle, of its own. */
const LENDING = /^(QueuePool|NullPool)/

async function residentBytes(): Promise<number> {
  globalThis.gc?.()
  await nextTurn()
  return process.memoryUsage.rss()
}

async function bytesEach(before: number): Promise<number> {
  return Math.max(1, ((await residentBytes()) - before) / CONNECTIONS)
}

export const cases: Case[] = [
  {
    name: 'memory per connection',
    unit: 'bytes',
    goals: [{ at: ['WAL file'], contestant: 'QueuePool', rival: 'node:sqlite', atMost: 1.1 }],
    isFresh: true,
    start: onClient(READING, async (client, seat) => {
      if (LENDING.test(seat.contestant) && 'db' in client) {
        const lend = (count: number, work: () => Promise<number>): Promise<number> =>
          whileLent(client.db, count, (connection) => sql.raw(QUERY).execute(connection), work)
        const measure = async (): Promise<number> => {
          const before = await residentBytes()
          return await lend(CONNECTIONS, () => bytesEach(before))
        }
        return { measures: true, run: () => lend(1, measure) }
      }
      await client.value(QUERY)
      const others: Client[] = []
      async function run(): Promise<number> {
        const before = await residentBytes()
        while (others.length < CONNECTIONS) {
          const other = await open(seat)
          others.push(other)
          if (seat.column === 'memory') await execute(other, READING)
          await other.value(QUERY)
        }
        return await bytesEach(before)
      }
      return { measures: true, run }
    }),
  },
]
