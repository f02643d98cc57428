import type { Entrant } from '../lockstep/entrant.ts'
import type { Place } from '../place.ts'
import { cases } from './cases/index.ts'
import type { Case } from './cases/case.ts'
import type { Client } from './client.ts'
import { contestantNamed } from './contestants/index.ts'

export interface CaseEntry {
  readonly name: string
  readonly contestant: string
  readonly place: Place
}

export async function enter({ name, contestant, place }: CaseEntry, folder: string): Promise<Entrant> {
  const chosen = cases.find((each) => each.name === name)
  if (chosen === undefined) throw new Error(`There is no case ${name}`)
  const open = await contestantNamed(contestant).load()
  const client = await open(place, folder)
  for (const statement of chosen.data) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await client.execute(statement)
  }
  const { reset, batch = {} } = chosen
  return {
    run: await work(chosen, client),
    ...(reset !== undefined && { reset: (done: number) => reset(client, done) }),
    close: () => client.close(),
    batch,
  }
}

function work(chosen: Case, client: Client): Entrant['run'] | Promise<Entrant['run']> {
  switch (client.sort) {
    case 'Kysely':
      return chosen.kysely(client)
    case 'sync':
      return chosen.sync(client)
    case 'async':
      return chosen.async(client)
  }
}
