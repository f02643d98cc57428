/** Traces into the file that it is given, and dies as the second argument says. */
import { PooledSqliteDialect, traceTo } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'

const [path = '', end] = process.argv.slice(2)
traceTo(path)
const db = new Kysely<object>({ dialect: new PooledSqliteDialect(':memory:') })
for (let index = 0; index < 1000; index += 1) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
  await sql`select ${index} as a`.execute(db)
}
if (end === 'killed') process.kill(process.pid, 'SIGKILL')
else if (end === 'thrown') throw new Error('nobody catches this')
else process.exit(0)
