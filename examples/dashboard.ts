/**
 * A server under load, with a page that shows what its database does: connections, waits, slow queries, the WAL.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/dashboard.ts`, and open the address that it prints. `--port 8080` chooses
 * the port; `--seconds 10` ends it after 10 seconds.
 */
import { PooledSqliteDialect, serverConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createOrders, type Database } from './dashboard/database.ts'
import { runLoad } from './dashboard/load.ts'
import { startPage } from './dashboard/page.ts'
import { Telemetry } from './dashboard/telemetry.ts'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, seconds: { type: 'string', default: 'Infinity' } },
})
const WAL_LIMIT = 4 * 2 ** 20

await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-dashboard-'))
const end = new AbortController()
process.once('SIGINT', () => end.abort())
process.once('SIGTERM', () => end.abort())
await serve(join(folder.path, 'shop.db'))

async function serve(path: string): Promise<void> {
  const config = serverConfig(path, {
    poolName: 'shop',
    poolSize: 3,
    maxOverflow: 2,
    threads: 2,
    walLimit: WAL_LIMIT,
  })
  const dialect = new PooledSqliteDialect(config)
  const db = new Kysely<Database>({ dialect })
  using telemetry = new Telemetry(dialect.pool, `${path}-wal`, WAL_LIMIT)
  try {
    await createOrders(db)
    await using page = await startPage(() => telemetry.snapshot(), Number(values.port))
    console.log(`The dashboard: ${page.url}`)
    const seconds = Number(values.seconds)
    if (seconds !== Infinity) void delay(seconds * 1000, undefined, { ref: false }).then(() => end.abort())
    await runLoad(db, end.signal)
    console.log(telemetry.summary())
  } finally {
    await db.destroy()
  }
}
