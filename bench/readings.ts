import { sql } from 'kysely'
import type { Db } from './tables.ts'

/** How many rows of four columns the table has. */
const READINGS = 100_000

export async function createReadings(db: Db): Promise<void> {
  await sql`create table reading (id integer primary key, sensor text not null, at integer not null, value real not null)`.execute(
    db,
  )
  await sql`
    with recursive n(id) as (select 1 union all select id + 1 from n where id < ${READINGS})
    insert into reading select id, 'sensor ' || (id % 100), 1700000000 + id, id / 7.0 from n`.execute(db)
}

export async function readAll(db: Db): Promise<void> {
  const rows = await db.selectFrom('reading').selectAll().execute()
  check(rows.length, rows.at(-1)?.id)
}

export async function streamAll(db: Db, chunkSize: number): Promise<void> {
  let count = 0
  let last: number | undefined
  for await (const { id } of db.selectFrom('reading').selectAll().stream(chunkSize)) {
    count += 1
    last = id
  }
  check(count, last)
}

function check(count: number, last: number | undefined): void {
  if (count !== READINGS || last !== READINGS) throw new Error(`${count} rows were read, the last is ${last}`)
}
