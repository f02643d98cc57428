import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { sql } from 'kysely'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { CheckpointMessage } from '../../packages/dialect/src/diagnostics/channels.ts'
import { readLog } from '../../packages/dialect/src/wal/wal-log.ts'
import { messagesOf } from '../support/channels.ts'
import { openPlain } from '../support/open-plain.ts'
import { openWalFile } from '../support/open-wal-file.ts'
import { PLACES } from '../support/places.ts'
import type { PlainDatabase } from '../support/plain-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const MB = 1024 ** 2

function openPlainWal(url: string): PlainDatabase {
  const plain = openPlain(url)
  plain.pragma('journal_mode = wal')
  plain.pragma('wal_autocheckpoint = 0')
  plain.pragma('synchronous = off')
  return plain
}

const openFile = (more: Omit<PooledSqliteDialectConfig, 'url'>): ReturnType<typeof openWalFile> =>
  openWalFile({ walLimit: '1 GB', ...more })

const walSize = (url: string): number => statSync(`${url}-wal`).size

test.each([512, 4096, 65_536])('the length of a log is what SQLite says, with pages of %i bytes', (page) => {
  const url = join(temporaryDirectory(), 'app.db')
  const plain = openPlain(url)
  plain.pragma(`page_size = ${page}`)
  plain.pragma('journal_mode = wal')
  plain.pragma('wal_autocheckpoint = 0')
  const lengths = (): [read: number, said: number] => {
    const [{ log }] = plain.pragma('wal_checkpoint(passive)')
    return [readLog(url).bytes, 32 + log * (24 + page)]
  }
  plain.exec('create table t (a)')
  const salts = new Set<bigint>()
  for (const rows of [300, 7, 1, 150]) {
    // The checkpoint of the last round has moved all, so the first of these begins the log anew.
    for (let n = 0; n < rows; n += 1) plain.prepare('insert into t values (?)').run('x'.repeat(page))
    const [read, said] = lengths()
    expect(read).toBe(said)
    salts.add(readLog(url).salts)
  }
  expect(salts.size).toBe(4)
  expect(readLog(url).bytes).toBeLessThan(walSize(url))
})

test('where there is no WAL, the log is empty', () => {
  const url = join(temporaryDirectory(), 'app.db')
  expect(readLog(url)).toEqual({ salts: 0n, frames: 0, bytes: 0 })
})

test.each(PLACES.filter(({ kind, poolclass }) => kind === 'file' && poolclass !== 'AssertionPool'))(
  '%s: writers begin the WAL anew again and again, and it is never truncated',
  { tags: 'slow' },
  async ({ poolclass }) => {
    const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
    const { url, db } = await openFile({ poolclass })
    // On a pool that keeps no connection, the last one to close would delete the WAL.
    openPlainWal(url).prepare('select count(*) from t').get()
    let written = 0
    const until = performance.now() + 60_000
    while (written < Math.max(16 * MB, 3 * walSize(url)) && performance.now() < until) {
      await sql`delete from t`.execute(db)
      await sql`insert into t values (zeroblob(${MB / 4}))`.execute(db)
      written += MB / 4
      await delay(1)
    }
    expect(walSize(url)).toBeLessThanOrEqual(written / 3)
    expect(checkpoints.filter(({ mode, isComplete }) => mode === 'passive' && isComplete)).not.toEqual([])
    expect(checkpoints.filter(({ walBefore, walAfter }) => walAfter < walBefore)).toEqual([])
  },
)

test('what another connection writes over the old log leads to a checkpoint, once it is much', async () => {
  const checkpoints = messagesOf<CheckpointMessage>('poolclass:checkpoint')
  const { url, db } = await openFile({ poolclass: 'StaticPool' })
  const other = openPlainWal(url)
  const writeMegabytes = (count: number): unknown =>
    other.exec(`insert into t values (zeroblob(${count * MB}))`)
  /** The dialect looks at the WAL behind each write. */
  const writeLittle = async (): Promise<void> => {
    await sql`delete from t`.execute(db)
    await delay(60)
  }
  const untilNextComplete = async (): Promise<void> => {
    const before = checkpoints.length
    const isMade = (): boolean => checkpoints.slice(before).some(({ isComplete }) => isComplete)
    const until = performance.now() + 20_000
    while (!isMade() && performance.now() < until) await writeLittle()
    expect(isMade()).toBe(true)
  }
  writeMegabytes(12)
  await untilNextComplete()
  const [size, made] = [walSize(url), checkpoints.length]
  writeMegabytes(1)
  for (let n = 0; n < 4; n += 1) await writeLittle()
  expect(checkpoints).toHaveLength(made)
  writeMegabytes(6)
  await untilNextComplete()
  expect(checkpoints.at(-1)).toMatchObject({ mode: 'passive', walBefore: size, walAfter: size })
  expect(readLog(url).bytes).toBeLessThan(size)
})
