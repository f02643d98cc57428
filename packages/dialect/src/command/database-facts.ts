import { type Kysely, sql } from 'kysely'

/** What SQLite says of a database, by statements that change nothing. */
export interface DatabaseFacts {
  readonly sqliteVersion: string
  /** As SQLite was compiled, such as `THREADSAFE=1`. */
  readonly threadSafety: string
  readonly tables: number
  readonly indexes: number
  readonly foreignKeys: number
  /** Whether a new connection of this driver enforces foreign keys. */
  readonly enforcesForeignKeys: boolean
  /** `ANALYZE` or `PRAGMA optimize` has run. */
  readonly hasStatistics: boolean
  readonly pageSize: number
  readonly pages: number
  /** Pages that nothing uses. */
  readonly freePages: number
}

/** @throws what SQLite throws where the file is no database, is damaged, or has another key. */
export async function databaseFacts(db: Kysely<unknown>): Promise<DatabaseFacts> {
  const { rows } = await sql<Facts>`
    select
      sqlite_version() as sqliteVersion,
      coalesce((select compile_options from pragma_compile_options where compile_options like 'THREADSAFE=%'), 'THREADSAFE=1') as threadSafety,
      (select count(*) from sqlite_schema where type = 'table' and name not glob 'sqlite_*') as tables,
      (select count(*) from sqlite_schema where type = 'index') as indexes,
      (select count(*) from sqlite_schema as s, pragma_foreign_key_list(s.name) where s.type = 'table') as foreignKeys,
      (select foreign_keys from pragma_foreign_keys) as enforcesForeignKeys,
      exists (select 1 from sqlite_schema where name = 'sqlite_stat1') as hasStatistics,
      (select page_size from pragma_page_size) as pageSize,
      (select page_count from pragma_page_count) as pages,
      (select freelist_count from pragma_freelist_count) as freePages`.execute(db)
  const facts = rows[0]!
  return {
    ...facts,
    enforcesForeignKeys: facts.enforcesForeignKeys === 1,
    hasStatistics: facts.hasStatistics === 1,
  }
}

/** SQLite has no booleans. */
type Facts = Omit<DatabaseFacts, 'enforcesForeignKeys' | 'hasStatistics'> & {
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
