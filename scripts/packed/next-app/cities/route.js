import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'

export const dynamic = 'force-dynamic'

const url = 'file:next?mode=memory&cache=shared'
const db = new Kysely({ dialect: new PooledSqliteDialect({ url, poolclass: 'QueuePool', threads: 2 }) })

export async function GET() {
  const { rows } = await sql`select 'Atlantis' as name`.execute(db)
  return Response.json(rows)
}
