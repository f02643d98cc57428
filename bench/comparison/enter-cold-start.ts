import type { Entrant } from '../lockstep/entrant.ts'
import type { Place } from '../place.ts'
import type { Client } from './client.ts'
import { contestantNamed } from './contestants/index.ts'

export interface ColdStartEntry {
  readonly contestant: string
  readonly place: Place
}

/** What a process does before its first row: import, open, ask. It can be measured once in a process. */
export async function enter({ contestant, place }: ColdStartEntry, folder: string): Promise<Entrant> {
  let client: Client | undefined
  return {
    async run() {
      const open = await contestantNamed(contestant).load()
      client = await open(place, folder)
      await client.value('select count(*) from sqlite_schema')
    },
    close: async () => client?.close(),
  }
}
