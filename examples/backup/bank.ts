import { type Kysely, sql } from 'kysely'

export interface Bank {
  account: { id: number; balance: number }
  /** One row for each, with a document to it that takes place. */
  transfer: { id: number; document: Uint8Array }
}

export const TRANSFERS_BEFORE = 60_000
const DOCUMENT_BYTES = 1000

/** Two accounts that have 0 together, and transfers of before. */
export async function createBank(db: Kysely<Bank>): Promise<void> {
  await sql`create table account (id integer primary key, balance integer not null)`.execute(db)
  await sql`create table transfer (id integer primary key, document blob not null)`.execute(db)
  await sql`insert into account values (1, 0), (2, 0)`.execute(db)
  await sql`insert into transfer (document)
    with recursive n (i) as (select 1 union all select i + 1 from n where i < ${TRANSFERS_BEFORE})
    select randomblob(${DOCUMENT_BYTES}) from n`.execute(db)
  await sql`pragma wal_checkpoint(truncate)`.execute(db)
}
