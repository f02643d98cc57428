import { sql } from 'kysely'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Client } from '../contestants/client.ts'
import { LENDING, open } from '../contestants/index.ts'
import { READING } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { onClient, whileLent } from '../query.ts'

/** With the first, as many as the defaults of every class allow. */
const CONNECTIONS = 9
/** It reads all pages of the table, so that the connection's page cache is full. */
const QUERY = 'select sum(length(sensor)) from reading'

async function residentBytes(): Promise<number> {
  globalThis.gc?.()
  await nextTurn()
  return process.memoryUsage.rss()
}

/** By how much the process grows for each connection, while `opening` holds them and calls back. */
async function growth(opening: (isOpen: () => Promise<number>) => Promise<number>): Promise<number> {
  const before = await residentBytes()
  return await opening(async () => Math.max(1, ((await residentBytes()) - before) / CONNECTIONS))
}

export const cases: Case[] = [
  {
    name: 'memory per connection',
    unit: 'bytes',
    goals: [{ at: ['WAL file'], contestant: 'QueuePool', rival: 'node:sqlite', atMost: 1.1 }],
    isFresh: true,
    start: onClient(READING, async (client, seat) => {
      if (LENDING.some((name) => seat.contestant.startsWith(name)) && 'db' in client) {
        const lend = (count: number, work: () => Promise<number>): Promise<number> =>
          whileLent(client.db, count, (connection) => sql.raw(QUERY).execute(connection), work)
        return { measures: true, run: () => lend(1, () => growth((isOpen) => lend(CONNECTIONS, isOpen))) }
      }
      await client.value(QUERY)
      const others: Client[] = []
      const openOthers = async (isOpen: () => Promise<number>): Promise<number> => {
        while (others.length < CONNECTIONS) {
          const other = await open(seat, seat.column === 'memory' ? READING : [])
          others.push(other)
          await other.value(QUERY)
        }
        return await isOpen()
      }
      return { measures: true, run: () => growth(openOthers) }
    }),
  },
]
