/**
 * How many reads are stale: a primary and two replicas on this machine, four writers, each of which reads what it has just written,
 * with `readYourWrites` and without, as fast as they can and with a pause behind each read.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node bench/stale-reads.ts`. docs/server.md has what it printed.
 */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { markdownTable } from 'markdown-table'
import { setTimeout as delay } from 'node:timers/promises'
import { Sqld } from './sqld.ts'

interface Counters {
  counter: { id: number; n: number }
}

const WRITERS = [1, 2, 3, 4]
const ROUNDS = 500
const GRPC = '127.0.0.1:28091'

const primary = await Sqld.start(28_090, ['--grpc-listen-addr', GRPC])
const replicas = await Promise.all(
  [28_092, 28_093].map((port) => Sqld.start(port, ['--primary-grpc-url', `http://${GRPC}`])),
)
try {
  const rows: string[][] = []
  for (const readYourWrites of [true, false]) {
    for (const pause of [0, 20]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const stale = await staleReads(readYourWrites, pause)
      const reads = WRITERS.length * ROUNDS
      const share = `${((100 * stale) / reads).toFixed(1)} %`
      rows.push([String(readYourWrites), `${pause} ms`, String(reads), String(stale), share])
    }
  }
  console.log(
    markdownTable([['`readYourWrites`', 'pause', 'reads', 'stale', 'share'], ...rows], {
      align: ['l', 'r', 'r', 'r', 'r'],
    }),
  )
} finally {
  await Promise.all([primary, ...replicas].map((server) => server.end()))
}

async function staleReads(readYourWrites: boolean, pause: number): Promise<number> {
  const connectArgs = { replicas: replicas.map(({ url }) => url), readYourWrites }
  const db = new Kysely<Counters>({ dialect: new PooledSqliteDialect({ url: primary.url, connectArgs }) })
  await db.executeQuery(CompiledQuery.raw('drop table if exists counter'))
  await db.executeQuery(
    CompiledQuery.raw('create table counter (id integer primary key, n integer not null)'),
  )
  await db
    .insertInto('counter')
    .values(WRITERS.map((id) => ({ id, n: 0 })))
    .execute()
  // Both replicas have the table.
  await delay(1000)
  const counts = await Promise.all(WRITERS.map((id) => staleReadsOf(db, id, pause)))
  await db.destroy()
  return counts.reduce((sum, count) => sum + count, 0)
}

async function staleReadsOf(db: Kysely<Counters>, id: number, pause: number): Promise<number> {
  let stale = 0
  for (let n = 1; n <= ROUNDS; n += 1) {
    // oxlint-disable no-await-in-loop -- one after the other
    await db.updateTable('counter').set({ n }).where('id', '=', id).execute()
    const read = await db.selectFrom('counter').select('n').where('id', '=', id).executeTakeFirstOrThrow()
    if (read.n !== n) stale += 1
    if (pause > 0) await delay(pause)
    // oxlint-enable no-await-in-loop
  }
  return stale
}
