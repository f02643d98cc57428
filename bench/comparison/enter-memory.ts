import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Entrant } from '../lockstep/entrant.ts'
import type { Place } from '../place.ts'
import type { Db } from '../tables.ts'
import type { Client } from './client.ts'
import { contestantNamed } from './contestants/index.ts'
import { READING } from './data.ts'

export interface MemoryEntry {
  readonly contestant: string
  readonly place: Place
}

/** As many as the defaults of QueuePool allow, and some to spare. */
const CONNECTIONS = 12
/** It reads all pages of the table, so that the connection's page cache is full. */
const QUERY = 'select sum(length(sensor)) from reading'

/** Bytes by which the process grows for each of so many connections, beyond the first. */
export async function enter({ contestant, place }: MemoryEntry, folder: string): Promise<Entrant> {
  const { load, lendsMany } = contestantNamed(contestant)
  const open = await load()
  const clients = [await open(place, folder)]
  await fill(clients[0]!)
  await clients[0]!.value(QUERY)
  return {
    async run() {
      if (lendsMany) return await perLentConnection(clients[0]!)
      const before = await residentBytes()
      for (let n = 0; n < CONNECTIONS; n += 1) {
        // oxlint-disable no-await-in-loop -- one after the other
        const client = await open(place, folder)
        clients.push(client)
        if (place === 'memory') await fill(client)
        await client.value(QUERY)
        // oxlint-enable no-await-in-loop
      }
      return await perConnection(before)
    },
    close: async () => void (await Promise.all(clients.map((client) => client.close()))),
  }
}

async function perConnection(before: number): Promise<number> {
  return Math.max(1, ((await residentBytes()) - before) / CONNECTIONS)
}

async function fill(client: Client): Promise<void> {
  for (const statement of READING) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await client.execute(statement)
  }
}

function perLentConnection(client: Client): Promise<number> {
  if (client.sort !== 'Kysely') throw new Error('Only a dialect lends connections.')
  const { db } = client
  return whileLent(db, 1, async () => {
    const before = await residentBytes()
    return whileLent(db, CONNECTIONS, () => perConnection(before))
  })
}

/** Holds so many connections of one dialect, each of which has run the query. */
async function whileLent<T>(db: Db, connections: number, work: () => Promise<T>): Promise<T> {
  if (connections === 0) return work()
  return db.connection().execute(async (connection) => {
    await readAll(connection)
    return whileLent(db, connections - 1, work)
  })
}

async function readAll(connection: Db): Promise<void> {
  await connection
    .selectFrom('reading')
    .select(({ fn }) => fn.sum(fn<number>('length', ['sensor'])).as('length'))
    .execute()
}

async function residentBytes(): Promise<number> {
  globalThis.gc?.()
  await nextTurn()
  return process.memoryUsage.rss()
}
