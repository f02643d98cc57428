/** The tables of the cases, as statements that every contestant runs before its first batch. */

export const PEOPLE = 1000
export const PURCHASES_EACH = 5
export const READINGS = 100_000

const numbers = (count: number): string =>
  `with recursive n(id) as (select 1 union all select id + 1 from n where id < ${count})`

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

export const TALLY = ['create table tally (name text primary key, count integer not null)']

/** Moves what a case has written to a file out of the WAL, so that no checkpoint falls into the next batch. */
export const CHECKPOINT = 'pragma wal_checkpoint(truncate)'
