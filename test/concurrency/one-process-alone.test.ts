import type { PooledSqliteDialect } from '@poolclass/dialect'
import { type Kysely, sql } from 'kysely'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { CheckpointMessage } from '../../packages/dialect/src/diagnostics/channels.ts'
import { messagesOf } from '../support/channels.ts'
import { testedDriver } from '../support/driver.ts'
import { open } from '../support/open.ts'
import { resultOf } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const MB = 1024 ** 2

/** A `QueuePool` on a new file that `unix-excl` keeps for this process. */
async function openAlone(): Promise<{ path: string; db: Kysely<any>; dialect: PooledSqliteDialect }> {
  const path = join(temporaryDirectory(), 'app.db')
  const { db, dialect } = open({
    url: `file:${path}?vfs=unix-excl`,
    poolclass: 'QueuePool',
    pragmas: { journal_mode: 'wal', synchronous: 'off' },
    walLimit: MB,
  })
  await run(db, 'create table counter (id integer primary key, value integer not null, filler)')
  await run(db, "insert into counter values (1, 0, printf('%05000d', 0))")
  return { path, db, dialect }
}

describe.skipIf(process.platform === 'win32')('a file that one process has alone, by vfs=unix-excl', () => {
  test('has no -shm file, and the connections of the pool lose no update', async () => {
    const { path, db, dialect } = await openAlone()
    const increment = (): Promise<void> =>
      db.transaction().execute(async (trx) => {
        const { value } = await trx.selectFrom('counter').select('value').executeTakeFirstOrThrow()
        await trx
          .updateTable('counter')
          .set({ value: value + 1 })
          .execute()
      })
    await Promise.all(Array.from({ length: 100 }, increment))
    expect(await run(db, 'select value from counter')).toEqual([{ value: 100 }])
    expect(dialect.pool.status().opened).toBeGreaterThan(1)
    expect(existsSync(`${path}-wal`)).toBe(true)
    expect(existsSync(`${path}-shm`)).toBe(false)
  })

  test('can be backed up by the process, while it writes', async () => {
    const { path, db, dialect } = await openAlone()
    const copy = `${path}-copy`
    await Promise.all([dialect.backup(copy), run(db, 'update counter set value = 1')])
    const { db: restored } = open({ url: copy })
    const [{ value }] = await run(restored, 'select value from counter')
    expect([0, 1]).toContain(value)
    expect(await run(restored, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  })

  test.each([
    [
      '',
      '. There is a -wal file and no -shm file, so a process has the database for itself, by vfs=unix-excl or locking_mode ' +
        'exclusive. Nobody else can open it until that process ends or closes it.',
    ],
    ['?vfs=unix-excl', ''],
  ])(
    'is locked for another process, which opens it with %j, and free after destroy()',
    async (query, hint) => {
      const { path, db } = await openAlone()
      const config = { url: `file:${path}${query}`, driver: testedDriver, connectArgs: { timeout: 50 } }
      const read = (): Promise<any> => resultOf('concurrency/scripts/read-once.ts', [JSON.stringify(config)])
      const { code, message } = await read()
      expect(code).toBe('SQLITE_BUSY')
      const [start, end] = message.split('(connectArgs.timeout, in milliseconds)')
      expect(start).toMatch(/^database is locked: another connection kept its lock for/)
      expect(end).toBe(hint)
      await db.destroy()
      expect(await read()).toEqual([{ value: 0 }])
    },
  )

  test('is refused while another process has it open in WAL mode', async () => {
    const path = join(temporaryDirectory(), 'app.db')
    const { db } = open({ url: path, poolclass: 'StaticPool', pragmas: { journal_mode: 'wal' } })
    await run(db, 'create table counter (value)')
    const config = {
      url: `file:${path}?vfs=unix-excl`,
      driver: testedDriver,
      connectArgs: { timeout: 50 },
    }
    const refused = await resultOf('concurrency/scripts/read-once.ts', [JSON.stringify(config)])
    expect(refused).toMatchObject({ code: 'SQLITE_BUSY' })
    await run(db, 'insert into counter values (1)')
    expect(await run(db, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  })

  test('a thread of the process makes the checkpoints', { tags: 'slow' }, async () => {
    const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
    const { db } = await openAlone()
    const isMoved = (): boolean => checkpoints.some(({ isComplete }) => isComplete)
    const until = performance.now() + 60_000
    while (!isMoved() && performance.now() < until) {
      await sql`update counter set filler = randomblob(4 * 1024 * 1024)`.execute(db)
      await delay(1)
    }
    expect(isMoved()).toBe(true)
    expect(await run(db, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  })
})
