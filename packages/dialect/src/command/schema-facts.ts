import { type Kysely, sql } from 'kysely'

/** What a diagnosis needs beside a check, by statements that change nothing. */
export interface SchemaFacts {
  /** As SQLite was compiled, such as `THREADSAFE=1`. */
  readonly threadSafety: string
  readonly indexes: number
  readonly foreignKeys: number
  /** Whether a new connection of this driver enforces foreign keys. */
  readonly enforcesForeignKeys: boolean
  /** `ANALYZE` or `PRAGMA optimize` has run. */
  readonly hasStatistics: boolean
}

/** @throws what SQLite throws where the file is no database, is damaged, or has another key. */
export async function schemaFacts(db: Kysely<unknown>): Promise<SchemaFacts> {
  const { rows } = await sql<Facts>`
    select
      coalesce((select compile_options from pragma_compile_options where compile_options like 'THREADSAFE=%'), 'THREADSAFE=1') as threadSafety,
      (select count(*) from sqlite_schema where type = 'index') as indexes,
      (select count(*) from sqlite_schema as s, pragma_foreign_key_list(s.name) where s.type = 'table') as foreignKeys,
      (select foreign_keys from pragma_foreign_keys) as enforcesForeignKeys,
      exists (select 1 from sqlite_schema where name = 'sqlite_stat1') as hasStatistics`.execute(db)
  const facts = rows[0]!
  return {
    ...facts,
    enforcesForeignKeys: facts.enforcesForeignKeys === 1,
    hasStatistics: facts.hasStatistics === 1,
  }
}

/** SQLite has no booleans. */
type Facts = Omit<SchemaFacts, 'enforcesForeignKeys' | 'hasStatistics'> & {
  readonly enforcesForeignKeys: 0 | 1
  readonly hasStatistics: 0 | 1
}

/** Reads the whole file: what SQLite finds wrong with its pages, and rows whose foreign key leads nowhere, by table. */
export async function damagesOf(db: Kysely<unknown>): Promise<readonly string[]> {
  const pages = await sql<{ integrity_check: string }>`pragma integrity_check(10)`.execute(db)
  const keys = await sql<{ table: string; orphans: number }>`
    select "table", count(*) as orphans from pragma_foreign_key_check() group by "table"`.execute(db)
  return [
    ...pages.rows.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
    ...keys.rows.map(
      ({ table, orphans }) => `${orphans} rows of ${table} refer to a row that does not exist`,
    ),
  ]
}
