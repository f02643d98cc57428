import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { Db } from './tables.ts'

/** How many rows the table has for reading. */
const PEOPLE = 1000

export const CREATE_PERSON =
  'create table person (id integer primary key, name text not null, email text not null, age integer not null, score real not null)'

export function person(number: number): { name: string; email: string; age: number; score: number } {
  return {
    name: `Person ${number}`,
    email: `person${number}@example.org`,
    age: number % 90,
    score: number / 7,
  }
}

/** A walk through all ids, 1 to PEOPLE, that reads them in no simple order. */
export function idAfter(id: number): number {
  return ((id * 389) % PEOPLE) + 1
}

/** The id at a place in a walk through all ids that ends nowhere. */
export function idAt(index: number): number {
  return ((index * 389) % PEOPLE) + 1
}

export async function createPeople(db: Db): Promise<void> {
  await sql.raw(CREATE_PERSON).execute(db)
  for (let from = 1; from <= PEOPLE; from += 100) {
    const rows = Array.from({ length: 100 }, (_, index) => ({ id: from + index, ...person(from + index) }))
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await db.insertInto('person').values(rows).execute()
  }
}

export function createPeopleIn(database: Database): void {
  database.exec(CREATE_PERSON)
  const insert = database.prepare('insert into person values (:id, :name, :email, :age, :score)')
  for (let id = 1; id <= PEOPLE; id += 1) insert.run({ id, ...person(id) })
}

export async function findPerson(db: Db, id: number): Promise<void> {
  const row = await db.selectFrom('person').selectAll().where('id', '=', id).executeTakeFirst()
  if (row?.id !== id) throw new Error(`person ${id} was not found`)
}

/** So many, one after the other. */
export async function findPeople(db: Db, count: number): Promise<void> {
  for (let n = 0, id = 1; n < count; n += 1, id = idAfter(id)) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await findPerson(db, id)
  }
}

export async function countPeople(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom('person')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** Empties the table, and the WAL, so that the next run starts as the last one did and no checkpoint falls into it. */
export async function emptyPeople(db: Db): Promise<void> {
  await db.deleteFrom('person').execute()
  await sql`pragma wal_checkpoint(truncate)`.execute(db)
}
