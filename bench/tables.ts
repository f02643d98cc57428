import type { Generated, Kysely } from 'kysely'

export interface Tables {
  person: { id: Generated<number>; name: string; email: string; age: number; score: number }
  purchase: { id: Generated<number>; person_id: number; product: string; price: number }
  reading: { id: Generated<number>; sensor: string; at: number; value: number }
  tally: { name: string; count: number }
}

export type Db = Kysely<Tables>
