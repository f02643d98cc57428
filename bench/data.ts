/** The tables of the cases: statements that every contestant runs before its first batch. */
import type { Generated, Kysely } from 'kysely'
import type { Client } from './contestants/client.ts'

export interface Tables {
  person: { id: Generated<number>; name: string; email: string; age: number; score: number }
  purchase: { id: Generated<number>; person_id: number; product: string; price: number }
  reading: { id: Generated<number>; sensor: string; at: number; value: number }
  tally: { name: string; count: number }
}
export type Db = Kysely<Tables>

export const PEOPLE = 1000
export const PURCHASES_EACH = 5
export const READINGS = 100_000

/** A read that counts to `last` and keeps the processor busy, for about 140 ns a step. */
export const counting = (last: number): string => `${numbers(last)} select count(*), sum(id * id % 7) from n`

const numbers = (last: number): string =>
  `with recursive n(id) as (select 1 union all select id + 1 from n where id < ${last})`

export const EMPTY_PERSON =
  'create table person (id integer primary key, name text not null, email text not null, age integer not null, score real not null)'
export const PERSON = [
  EMPTY_PERSON,
  `${numbers(PEOPLE)} insert into person
     select id, 'Person ' || id, 'person' || id || '@example.org', id % 90, id / 7.0 from n`,
]
export const PURCHASE = [
  'create table purchase (id integer primary key, person_id integer not null, product text not null, price real not null)',
  `${numbers(PEOPLE * PURCHASES_EACH)} insert into purchase
     select id, (id - 1) % ${PEOPLE} + 1, 'product ' || (id % 100), id / 3.0 from n`,
  'create index purchase_of_person on purchase (person_id)',
]
export const READING = [
  'create table reading (id integer primary key, sensor text not null, at integer not null, value real not null)',
  `${numbers(READINGS)} insert into reading select id, 'sensor ' || (id % 100), 1700000000 + id, id / 7.0 from n`,
]

export async function execute(client: Client, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await client.execute(statement)
}

/** It also moves what was written out of the WAL, so that no checkpoint falls into the next batch. */
export async function undo(client: Client, statement: string): Promise<void> {
  await execute(client, [statement, 'pragma wal_checkpoint(truncate)'])
}

/** The id at a place in a walk through all people that ends nowhere, and reads them in no simple order. */
export function idAt(index: number): number {
  return ((index * 389) % PEOPLE) + 1
}

/** Throws what the operation should have found and what it has found. */
export function expect(what: string, expected: unknown, found: unknown): void {
  if (found !== expected) throw new Error(`${what} should have been ${expected}, and is ${found}`)
}
