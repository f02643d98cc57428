import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { type Kysely, sql } from 'kysely'
import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { CheckpointMessage } from '../../packages/dialect/src/diagnostics/channels.ts'
import { messagesOf } from '../support/channels.ts'
import { openWalFile } from '../support/open-wal-file.ts'
import { PLACES } from '../support/places.ts'
import { openPlain } from '../support/open-plain.ts'
import { IMPORT_OF_DATABASE, PlainDatabase } from '../support/plain-database.ts'
import { collectWarnings } from '../support/warnings.ts'
import { creatorOf } from '../threads/creators.ts'

const MB = 1024 ** 2

const openFile = (more: Omit<PooledSqliteDialectConfig, 'url'>): ReturnType<typeof openWalFile> =>
  openWalFile({ walLimit: 2 * MB, ...more })

/** Fills the WAL beyond its limit, with a reader in the way of the checkpoint that follows. */
async function startCheckpoint(db: Kysely<any>, url: string): Promise<PlainDatabase> {
  const [writer, reader] = [openPlain(url, { timeout: 0 }), openPlain(url, { timeout: 0 })]
  writer.pragma('wal_autocheckpoint = 0')
  writer.exec(`insert into t values (zeroblob(${4 * MB}))`)
  reader.exec('begin')
  reader.prepare('select count(*) from t').get()
  // Nothing is written from here on: who reads the database file alone keeps nobody from emptying the WAL.
  for await (const row of db.selectFrom('t').select('a').limit(1).stream()) expect(row).toBeDefined()
  return reader
}

/** The checkpoint has the write lock, and waits for the reader. It does not wait long: on a busy machine this may see the next one. */
async function untilLocked(url: string): Promise<void> {
  const probe = openPlain(url, { timeout: 0 })
  await vi.waitFor(
    () => {
      expect(() => probe.exec('begin immediate; rollback')).toThrow('database is locked')
    },
    { timeout: 60_000, interval: 1 },
  )
}

const FILES = PLACES.filter(({ kind }) => kind === 'file')

test.each(FILES)(
  '$poolclass: nobody who waits for no lock is refused because of our own checkpoint',
  async ({ poolclass }) => {
    const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
    const { url, db } = await openFile({ poolclass, connectArgs: { timeout: 0 } })
    const reader = await startCheckpoint(db, url)
    await untilLocked(url)
    const writing = sql`insert into t values (1)`.execute(db)
    await delay(20)
    reader.exec('commit')
    await writing
    await vi.waitFor(
      () => expect(checkpoints).toContainEqual(expect.objectContaining({ mode: 'truncate' })),
      { timeout: 20_000, interval: 5 },
    )
  },
)

test('a deferred transaction that has waited for its connection reads behind the checkpoint that has begun meanwhile', async () => {
  const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
  const opening = Promise.withResolvers<void>()
  let opened = 0
  const { url, db } = await openFile({
    poolclass: 'QueuePool',
    transactionMode: 'deferred',
    onCreateConnection: async () => {
      opened += 1
      if (opened === 2) await opening.promise
    },
  })
  await db.connection().execute(async (held) => {
    await sql`select 1`.execute(held)
    const transaction = db.transaction().execute(async (trx) => {
      await sql`select count(*) from t`.execute(trx)
      await vi.waitFor(() => expect(checkpoints.length).toBeGreaterThan(0), { timeout: 20_000, interval: 5 })
      await sql`insert into t values (1)`.execute(trx)
    })
    await vi.waitFor(() => expect(opened).toBe(2), { timeout: 20_000, interval: 5 })
    const reader = await startCheckpoint(held, url)
    await untilLocked(url)
    opening.resolve()
    await delay(50)
    reader.exec('commit')
    await transaction
  })
})

test('a checkpoint that meets a lock of others as it opens the file is made later, and nobody is warned', async () => {
  const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
  const warnings = collectWarnings('POOLCLASS_WAL_BLOCKED')
  // As SQLite does while another process recovers the WAL, or closes its last connection.
  const creator = creatorOf(`${IMPORT_OF_DATABASE}
    import { existsSync } from 'node:fs'
    export default (location, { filename, options }) => {
      if (existsSync(filename + '.locked')) throw Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' })
      return new Database(filename, options)
    }`)
  const { url, db } = await openFile({ poolclass: 'StaticPool', creator })
  writeFileSync(`${url}.locked`, '')
  await sql`insert into t values (zeroblob(${4 * MB}))`.execute(db)
  await vi.waitFor(() => expect(checkpoints.length).toBeGreaterThan(0), { timeout: 20_000, interval: 5 })
  rmSync(`${url}.locked`)
  await vi.waitFor(() => expect(checkpoints.at(-1)).toMatchObject({ walAfter: 0 }), {
    timeout: 20_000,
    interval: 20,
  })
  expect(warnings).toEqual([])
})
