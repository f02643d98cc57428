/** Writes some 32 MB to the WAL beside streams that overlap, and prints how large it was. Arguments: the file, the limit in bytes, the driver. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

interface Database {
  note: { id: number; text: string; version: number }
}

const [url = '', limit = '0', driver = ''] = process.argv.slice(2)
const dialect = new PooledSqliteDialect({
  url,
  driver,
  poolclass: 'QueuePool',
  walLimit: Number(limit),
  pragmas: { journal_mode: 'wal', synchronous: 'off' },
})
const db = new Kysely<Database>({ dialect })
const over = new AbortController()
let largest = 0

async function readAgain(start: number): Promise<void> {
  await delay(start)
  while (!over.signal.aborted) {
    let rows = 0
    for await (const _ of db.selectFrom('note').selectAll().stream(100)) {
      rows += 1
      if (rows % 500 === 0) await delay(5)
    }
  }
}

async function write(): Promise<void> {
  for (let n = 0; n < 256; n += 1) {
    const first = (n * 700) % 2000
    await db
      .updateTable('note')
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('id', '>=', first)
      .where('id', '<', first + 600)
      .execute()
    largest = Math.max(largest, statSync(`${url}-wal`, { throwIfNoEntry: false })?.size ?? 0)
    await delay(1)
  }
  over.abort()
}

await Promise.all([readAgain(0), readAgain(10), readAgain(20), write()])
await db.destroy()
console.log(JSON.stringify({ largest }))
