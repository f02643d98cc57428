/**
 * A backup of a database that is written to all the time: what `cp` copies, why a plain backup never ends, and
 * `dialect.backup()` with a progress bar.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/backup.ts`.
 */
import { PooledSqliteDialect } from '@poolclass/dialect'
import SqliteDatabase from 'better-sqlite3'
import { Presets, SingleBar } from 'cli-progress'
import { Kysely } from 'kysely'
import assert from 'node:assert/strict'
import { copyFile, mkdtempDisposable, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Bank, createBank, TRANSFERS_BEFORE } from './backup/bank.ts'
import { look } from './backup/look.ts'
import { Transfers } from './backup/transfers.ts'
import { printStep, printTable, printText } from './print.ts'

interface Measurement {
  readonly way: string
  readonly ms: number
  readonly ended: string
  readonly found: string
  /** Transfers that were made before the copy began, and are not in it. */
  readonly lost: number | string
  readonly transfersMeanwhile: number
  readonly longestStopMs: number
}

const PATIENCE_MS = 1500

await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-backup-'))
const dialect = new PooledSqliteDialect({
  url: join(folder.path, 'bank.db'),
  poolclass: 'QueuePool',
  pragmas: { journal_mode: 'wal', synchronous: 'normal', wal_autocheckpoint: 100_000 },
})
const db = new Kysely<Bank>({ dialect })
try {
  await createBank(db)
  await compare()
  await seedMemory()
} finally {
  await db.destroy()
}

async function compare(): Promise<void> {
  const { size } = await stat(join(folder.path, 'bank.db'))
  printStep(
    'Three ways to copy it',
    `A bank with a WAL, a file of ${Math.round(size / 1e6)} MB. Somebody transfers money all the time, from one account to another, so that ` +
      'the sum of all accounts is always the same. It is copied while that goes on.',
  )
  const measured = [
    await measure('cp bank.db', copyOfFile),
    await measure("better-sqlite3's backup()", backupOfPlainHandle),
    await measure('dialect.backup()', backupWithProgressBar),
  ]
  assert.deepEqual(measured.at(-1), { ...measured.at(-1), ended: 'yes', found: 'ok, sum 0', lost: 0 })
  printTable(
    ['', 'ms', 'ended', 'the copy', 'lost', 'meanwhile', 'event loop, ms'],
    measured.map(({ way, ms, ended, found, lost, transfersMeanwhile, longestStopMs }) => [
      way,
      ms,
      ended,
      found,
      lost,
      transfersMeanwhile,
      longestStopMs,
    ]),
  )
  printText(
    '\nlost: transfers that were saved before the copy began and are not in it. meanwhile: transfers that were made while it was ' +
      'copied. event loop: for how long it stood still at most.\n\n' +
      'The newest changes of a database with a WAL are not in its file but beside it, so `cp` leaves them out. ' +
      "SQLite's backup begins anew whenever another connection writes between two of its steps, and here somebody always does. " +
      '`dialect.backup()` reads everything of one moment, in a thread of its own: the event loop is free, and nobody waits.',
  )
}

async function measure(way: string, copy: (path: string) => Promise<string>): Promise<Measurement> {
  const path = copyOf(way)
  const transfers = new Transfers(db)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  await transfers.begin()
  const before = transfers.total
  delay.enable()
  const start = performance.now()
  const ended = await copy(path)
  const ms = Math.round(performance.now() - start)
  delay.disable()
  const transfersMeanwhile = transfers.total - before
  await transfers.end()
  const copied = look(path)
  return {
    way,
    ms,
    ended,
    found: copied === undefined ? 'none' : `${copied.integrity}, sum ${copied.sum}`,
    lost: copied === undefined ? 'all' : Math.max(0, before - copied.transfers),
    transfersMeanwhile,
    longestStopMs: Math.round(delay.max / 1e6),
  }
}

function copyOf(way: string): string {
  return join(folder.path, `by ${way.replaceAll(/\W+/g, ' ').trim()}.db`)
}

async function copyOfFile(path: string): Promise<string> {
  await copyFile(join(folder.path, 'bank.db'), path)
  return 'yes'
}

async function backupOfPlainHandle(path: string): Promise<string> {
  const handle = new SqliteDatabase(join(folder.path, 'bank.db'))
  const giveUpAt = performance.now() + PATIENCE_MS
  let beginnings = 1
  let remaining = Infinity
  try {
    await handle.backup(path, {
      progress: ({ remainingPages }) => {
        if (remainingPages > remaining) beginnings += 1
        remaining = remainingPages
        if (performance.now() > giveUpAt) throw new Error('it takes too long')
        return 1000
      },
    })
    return 'yes'
  } catch {
    return `no, began ${beginnings} times`
  } finally {
    handle.close()
  }
}

async function backupWithProgressBar(path: string): Promise<string> {
  const bar = new SingleBar(
    { format: '{bar} {percentage}% | {value} of {total} pages', stream: process.stdout, fps: 30 },
    Presets.shades_classic,
  )
  bar.start(1, 0)
  try {
    await dialect.backup(path, {
      onProgress: ({ totalPages, remainingPages }) => {
        bar.setTotal(totalPages)
        bar.update(totalPages - remainingPages)
      },
    })
  } finally {
    bar.stop()
  }
  return 'yes'
}

async function seedMemory(): Promise<void> {
  printStep('A test on a copy', 'The backup fills a memory database, which a test may change as it likes.')
  const memory = new PooledSqliteDialect(':memory:')
  await using test = new Kysely<Bank>({ dialect: memory })
  const start = performance.now()
  await memory.restore(copyOf('dialect.backup()'))
  const ms = performance.now() - start
  await test.deleteFrom('transfer').execute()
  const { left } = await test
    .selectFrom('transfer')
    .select((eb) => eb.fn.countAll<number>().as('left'))
    .executeTakeFirstOrThrow()
  const { kept } = await db
    .selectFrom('transfer')
    .select((eb) => eb.fn.countAll<number>().as('kept'))
    .executeTakeFirstOrThrow()
  assert.equal(left, 0)
  assert.ok(kept > TRANSFERS_BEFORE)
  printText(
    `Restored in ${Math.round(ms)} ms. The test has deleted all transfers of its copy; the bank still has ${kept}.`,
  )
}
