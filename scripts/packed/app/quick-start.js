/* What comes after the imports of a program, in any module system: it goes through drivers, homes of connections and URLs. */
const insert = (db) => db.insertInto('city').values({ name: 'Atlantis' }).execute()

async function use(driver, threads, url) {
  const poolclass = url.endsWith('.db') ? 'QueuePool' : null
  const dialect = new PooledSqliteDialect({ url, driver, threads, poolclass })
  const db = new Kysely({ dialect })
  await sql`drop table if exists city`.execute(db)
  await sql`create table city (id integer primary key, name text unique)`.execute(db)
  await db.transaction().execute(insert)
  const rows = await db.selectFrom('city').selectAll().execute()
  const refusal = await insert(db).catch((error) => error)
  await db.destroy()
  return (
    JSON.stringify(rows) === '[{"id":1,"name":"Atlantis"}]' &&
    isSqliteError(refusal, 'SQLITE_CONSTRAINT_UNIQUE') &&
    dialect.pool instanceof Pool
  )
}

async function quickStart() {
  for (const driver of ['better-sqlite3', 'node:sqlite']) {
    for (const threads of [0, 1]) {
      for (const url of [':memory:', 'file:cities?mode=memory&cache=shared', 'cities.db']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        if (!(await use(driver, threads, url))) throw new Error(`wrong: ${driver}, ${threads}, ${url}`)
      }
    }
  }
  console.log('all is well')
}

void quickStart()
