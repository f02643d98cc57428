import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { type CopyProgress, PooledSqliteDialect } from '@poolclass/dialect'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { expectAllReturned } from '../support/counters.ts'
import { Heartbeat } from '../support/heartbeat.ts'
import { open, threads } from '../support/open.ts'
import { PLACES_FOR_LONG } from '../support/places.ts'
import { IMPORT_OF_DATABASE, LibraryDatabase, PlainDatabase } from '../support/plain-database.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { creatorOf } from '../threads/creators.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'
import { skips } from '../support/skips.ts'

interface Bank {
  account: { id: number; balance: number }
  ballast: { bytes: Uint8Array }
}

/** Two accounts whose sum is 0, and pages to copy. */
async function createBank(db: Kysely<Bank>, kilobytes: number = 2000): Promise<void> {
  await sql`create table account (id integer primary key, balance integer not null)`.execute(db)
  await sql`create table ballast (bytes blob)`.execute(db)
  await sql`insert into account values (1, 0), (2, 0)`.execute(db)
  await sql`insert into ballast with recursive n (i) as (select 1 union all select i + 1 from n where i < ${kilobytes})
    select randomblob(1000) from n`.execute(db)
}

async function transfer(db: Kysely<Bank>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('account')
      .set({ balance: sql`balance - 1` })
      .where('id', '=', 1)
      .execute()
    await Promise.resolve()
    await trx
      .updateTable('account')
      .set({ balance: sql`balance + 1` })
      .where('id', '=', 2)
      .execute()
  })
}

/** Transfers until it is told to end; returns how many there were. */
function keepTransferring(db: Kysely<Bank>): () => Promise<number> {
  const end = new AbortController()
  let transfers = 0
  const running = (async () => {
    for (; !end.signal.aborted; transfers += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await transfer(db)
      // oxlint-disable-next-line no-await-in-loop -- as requests of a server would come
      await delay(0)
    }
    return transfers
  })()
  return () => {
    end.abort()
    return running
  }
}

function look(path: string) {
  const copy = new PlainDatabase(path)
  try {
    const [{ integrity_check: integrity }] = copy.pragma('integrity_check') as [{ integrity_check: string }]
    const accounts = copy.prepare('select sum(balance) as sum, max(balance) as balance from account').get()
    const ballast = copy.prepare('select count(*) from ballast').pluck().get()
    return { integrity, ballast, ...(accounts as { sum: number; balance: number }) }
  } finally {
    copy.close()
  }
}

describe.each(PLACES_FOR_LONG.filter(({ poolclass }) => poolclass !== 'AssertionPool'))('%s', (place) => {
  test('a backup beside writers that never stop ends, is complete, and is from one moment', async () => {
    const { db, dialect } = open<Bank>(place.config())
    await createBank(db)
    const directory = temporaryDirectory()
    const path = join(directory, 'backup.db')
    const end = keepTransferring(db)
    for (let n = 1; n <= 3; n += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await dialect.backup(path, { overwrite: n > 1, pagesPerStep: 20 })
      expect(look(path)).toMatchObject({ integrity: 'ok', ballast: 2000, sum: 0 })
    }
    const transfers = await end()
    expect(look(path).balance).toBeLessThanOrEqual(transfers)
    const { rows } = await sql<{ balance: number }>`select balance from account where id = 2`.execute(db)
    expect(rows).toEqual([{ balance: transfers }])
    expect(readdirSync(directory)).toEqual(['backup.db'])
    expectAllReturned(dialect)
  })
})

describe.each(PLACES_FOR_LONG)('%s', (place) => {
  async function bank() {
    const opened = open<Bank>(place.config())
    await createBank(opened.db)
    const directory = temporaryDirectory()
    return { ...opened, directory, path: join(directory, 'backup.db') }
  }

  test('a backup tells of its steps, down to no page that remains', async () => {
    const { dialect, path } = await bank()
    const seen: CopyProgress[] = []
    await dialect.backup(path, { pagesPerStep: 100, onProgress: (progress) => seen.push(progress) })
    const [first] = seen
    const isMadeHere = place.kind === 'memory' && threads === 0
    expect(seen.length).toBeGreaterThan(isMadeHere ? 5 : 0)
    expect(seen.at(-1)).toEqual({ totalPages: first?.totalPages, remainingPages: 0 })
    const remaining = seen.map(({ remainingPages }) => remainingPages)
    expect(remaining).toEqual(remaining.toSorted((a, b) => b - a))
    expect(remaining.filter((pages) => pages === 0)).toHaveLength(1)
  })

  test('a backup that its signal ends leaves no file, and the database is free', async () => {
    const { db, dialect, directory, path } = await bank()
    const controller = new AbortController()
    const reason = new Error('enough')
    const backup = dialect.backup(path, {
      pagesPerStep: 10,
      signal: controller.signal,
      onProgress: ({ totalPages, remainingPages }) => remainingPages < totalPages && controller.abort(reason),
    })
    await expect(backup).rejects.toBe(reason)
    expect(readdirSync(directory)).toEqual([])
    await transfer(db)
    expectAllReturned(dialect)
  })

  test('a backup whose onProgress throws ends with that error, and leaves the older one as it was', async () => {
    const { db, dialect, directory, path } = await bank()
    await dialect.backup(path)
    await transfer(db)
    const mine = new Error('mine')
    const onProgress = (): never => {
      throw mine
    }
    await expect(dialect.backup(path, { overwrite: true, onProgress })).rejects.toBe(mine)
    expect(readdirSync(directory)).toEqual(['backup.db'])
    expect(look(path)).toMatchObject({ integrity: 'ok', balance: 0 })
    await dialect.backup(path, { overwrite: true })
    expect(look(path)).toMatchObject({ integrity: 'ok', balance: 1 })
  })

  test('a backup that destroy() overtakes in the middle leaves no file, or the complete one', async () => {
    const { db, dialect, directory, path } = await bank()
    let destroyed: Promise<void> | undefined
    const onProgress = (): void => {
      destroyed ??= db.destroy()
    }
    const outcome = await dialect.backup(path, { pagesPerStep: 1, onProgress }).then(
      () => 'complete',
      (error: Error & { code?: string }) => error.code,
    )
    await destroyed
    expect(['complete', 'POOLCLASS_DESTROYED']).toContain(outcome)
    expect(readdirSync(directory)).toEqual(outcome === 'complete' ? ['backup.db'] : [])
  })

  test('a backup that destroy() follows is refused, and so is one that follows destroy()', async () => {
    const { db, dialect, directory, path } = await bank()
    const backup = dialect.backup(path)
    const destroyed = db.destroy()
    await expect(backup).rejects.toMatchObject({ code: 'POOLCLASS_DESTROYED' })
    await destroyed
    await expect(dialect.backup(path)).rejects.toMatchObject({ code: 'POOLCLASS_DESTROYED' })
    expect(readdirSync(directory)).toEqual([])
  })
})

async function smallBank() {
  const directory = temporaryDirectory()
  const opened = open<Bank>({ url: join(directory, 'app.db'), pragmas: { journal_mode: 'wal' } })
  await createBank(opened.db, 10)
  return { ...opened, directory, path: join(directory, 'backup.db') }
}

describe('a destination', () => {
  test('may be a file: URL', async () => {
    const { dialect, path } = await smallBank()
    await dialect.backup(pathToFileURL(path))
    expect(look(path)).toMatchObject({ integrity: 'ok', ballast: 10 })
  })

  const NO_FILES = [
    '',
    ' ',
    ':memory:',
    'file:backup.db',
    'sqlite:///backup.db',
    'missing/',
    pathToFileURL('/missing/'),
    undefined as unknown as string,
  ]

  test.skipIf(process.platform === 'win32').each([
    ['255 letters', `${'a'.repeat(252)}.db`],
    ['63 characters of four bytes each', '🗄'.repeat(63)],
  ])('may have as long a name as the file system allows: %s', async (_, name) => {
    const directory = temporaryDirectory()
    const { db, dialect } = open(join(directory, 'app.db'))
    await createBank(db, 10)
    const path = join(directory, name)
    await dialect.backup(path)
    await dialect.backup(path, { overwrite: true })
    expect(look(path)).toMatchObject({ integrity: 'ok', ballast: 10 })
    expect(readdirSync(directory).toSorted()).toEqual(['app.db', name].toSorted())
  })

  test.each(NO_FILES)('cannot be %o', async (destination) => {
    const { dialect } = await smallBank()
    await expect(dialect.backup(destination)).rejects.toMatchObject({ code: 'POOLCLASS_BACKUP' })
  })

  test('that exists is replaced only where its user says so', async () => {
    const { dialect, path } = await smallBank()
    writeFileSync(path, 'precious')
    await expect(dialect.backup(path)).rejects.toThrow(/The file exists.*overwrite: true/)
    await dialect.backup(path, { overwrite: true })
    expect(look(path).integrity).toBe('ok')
  })

  test('that comes into being meanwhile stays', async () => {
    const { dialect, directory, path } = await smallBank()
    const onProgress = (): void => writeFileSync(path, 'precious')
    await expect(dialect.backup(path, { onProgress })).rejects.toThrow('The file exists.')
    expect(readdirSync(directory).filter((name) => name.startsWith('backup'))).toEqual(['backup.db'])
  })

  test('that two backups want at the same time is the one that fulfils, and the other is told that it exists', async () => {
    const directory = temporaryDirectory()
    const path = join(directory, 'backup.db')
    const dialects = await Promise.all(
      [1, 2, 3, 4].map(async (balance) => {
        const { db, dialect } = open<Bank>(':memory:')
        await createBank(db, 10)
        await db.updateTable('account').set({ balance }).where('id', '=', 1).execute()
        return dialect
      }),
    )
    const outcomes = await Promise.allSettled(dialects.map((dialect) => dialect.backup(path)))
    const winners = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n + 1] : []))
    expect(winners).toHaveLength(1)
    expect(look(path)).toMatchObject({ integrity: 'ok', sum: winners[0] })
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    const exists = {
      code: 'POOLCLASS_BACKUP',
      message: expect.stringMatching(/The file exists.*overwrite: true/),
    }
    expect(refusals).toEqual([1, 2, 3].map(() => expect.objectContaining(exists)))
    expect(readdirSync(directory)).toEqual(['backup.db'])
  })

  test('is never the database itself', async () => {
    const { db, dialect, directory } = await smallBank()
    const itself = dialect.backup(join(directory, 'app.db'), { overwrite: true })
    await expect(itself).rejects.toThrow('That is the database itself.')
    await transfer(db)
  })

  test('is never what SQLite has beside a database, whether it is there or not', async () => {
    const { db, dialect, directory } = await smallBank()
    writeFileSync(join(directory, 'other.db'), '')
    for (const database of ['app.db', 'other.db'])
      for (const suffix of ['-wal', '-shm', '-journal']) {
        const part = dialect.backup(join(directory, database + suffix), { overwrite: true })
        await expect(part).rejects.toThrow(`take it for a part of the database ${join(directory, database)}.`)
      }
    await transfer(db)
    expect(look(join(directory, 'app.db'))).toMatchObject({ integrity: 'ok', ballast: 10 })
  })

  test.skipIf(process.platform === 'win32')('is never a socket, which a file would replace', async () => {
    const { dialect, directory } = await smallBank()
    const socket = join(directory, 'socket')
    await using server = createServer().listen(socket)
    await once(server, 'listening')
    await expect(dialect.backup(socket, { overwrite: true })).rejects.toThrow('a device, a pipe or a socket.')
    expect(statSync(socket).isSocket()).toBe(true)
  })

  test('with a WAL beside it, which SQLite would apply to the copy, is refused', async () => {
    const { dialect, path } = await smallBank()
    await dialect.backup(path)
    const other = new PlainDatabase(path)
    try {
      other.exec('update account set balance = 5')
      await expect(dialect.backup(path, { overwrite: true })).rejects.toThrow(/backup.db-wal/)
    } finally {
      other.close()
    }
    await dialect.backup(path, { overwrite: true })
    expect(look(path)).toMatchObject({ balance: 0 })
  })

  test('that is a directory, or in one that does not exist, is told', async () => {
    const { dialect, directory } = await smallBank()
    mkdirSync(join(directory, 'inside'))
    await expect(dialect.backup(join(directory, 'inside'))).rejects.toThrow('It is a directory.')
    await expect(dialect.backup(join(directory, 'missing', 'backup.db'))).rejects.toThrow(
      /missing does not exist/,
    )
  })

  test.each([0, -1, 1.5, NaN, 2 ** 31])('gets no copy in steps of %d pages', async (pagesPerStep) => {
    const { dialect, path } = await smallBank()
    await expect(dialect.backup(path, { pagesPerStep })).rejects.toThrow(
      /pagesPerStep must be a whole number/,
    )
  })
})

const OBEYS = '(_location, { filename, options }) => new Database(filename, options)'

describe('a backup', () => {
  test('before any query, and without any Kysely, copies what is there', async () => {
    const directory = temporaryDirectory()
    const url = join(directory, 'app.db')
    await createBank(open<Bank>(url).db, 10)
    await new PooledSqliteDialect(url).backup(join(directory, 'backup.db'))
    expect(look(join(directory, 'backup.db'))).toMatchObject({ integrity: 'ok', ballast: 10 })
  })

  test.each([
    ['without a creator', {}],
    [
      'with the module of a creator',
      { creator: creatorOf(`${IMPORT_OF_DATABASE}\nexport default ${OBEYS}`) },
    ],
  ])(
    'of a file that does not exist fails %s, and leaves an older backup and no new file',
    async (_, more) => {
      const { dialect, directory, path } = await smallBank()
      await dialect.backup(path)
      const misspelt = open({ url: join(directory, 'ap.db'), ...more }).dialect
      const before = readdirSync(directory)
      await expect(misspelt.backup(path, { overwrite: true })).rejects.toMatchObject({
        code: 'SQLITE_CANTOPEN',
        message: expect.stringMatching(/ap\.db \(it does not exist\)/),
      })
      expect(readdirSync(directory)).toEqual(before)
      expect(look(path)).toMatchObject({ integrity: 'ok', ballast: 10 })
    },
  )

  test('of a database with a rollback journal ends beside another process that writes all the time', async () => {
    const directory = temporaryDirectory()
    const url = join(directory, 'app.db')
    const { db, dialect } = open<Bank>({ url, pragmas: { synchronous: 'off' } })
    await createBank(db)
    const writer = new ScriptProcess('sessions/scripts/transfers.ts', [url])
    await writer.hasPrinted(1)
    const path = join(directory, 'backup.db')
    await dialect.backup(path, { pagesPerStep: 20 })
    expect(look(path)).toMatchObject({ integrity: 'ok', ballast: 2000, sum: 0 })
    writer.tell('end')
    const { transfers, failures } = await writer.result()
    expect(failures).toEqual([])
    expect(transfers).toBeGreaterThan(0)
  })

  test('of a file leaves the event loop free, and the writers too', { tags: 'slow' }, async () => {
    const directory = temporaryDirectory()
    const url = join(directory, 'app.db')
    const pragmas = { journal_mode: 'wal', synchronous: 'off' }
    const { db, dialect } = open<Bank>({ url, poolclass: 'QueuePool', pragmas })
    await createBank(db, 60_000)
    const heartbeat = new Heartbeat()
    const end = keepTransferring(db)
    await dialect.backup(join(directory, 'backup.db'))
    expect(await end()).toBeGreaterThan(0)
    await heartbeat.expectRegular()
    expect(look(join(directory, 'backup.db'))).toMatchObject({ integrity: 'ok', ballast: 60_000, sum: 0 })
  })

  test.skipIf(skips.inThreads)(
    'is made by a connection of the pool where the creator is a function',
    async () => {
      const directory = temporaryDirectory()
      const { db, dialect } = open<Bank>({
        url: join(directory, 'app.db'),
        poolclass: 'QueuePool',
        pragmas: { journal_mode: 'wal' },
        creator: (_location, { filename, options }) => new LibraryDatabase(filename, options),
      })
      await createBank(db)
      const end = keepTransferring(db)
      await dialect.backup(join(directory, 'backup.db'), { pagesPerStep: 10 })
      await end()
      expect(look(join(directory, 'backup.db'))).toMatchObject({ integrity: 'ok', ballast: 2000, sum: 0 })
      expectAllReturned(dialect)
    },
  )

  test.for([
    ['cannot be loaded', `throw new Error('no such luck')`, /no such luck/],
    ['opens nothing', `export default () => {}`, /must return an open database/],
    [
      'ends its thread in the middle',
      `${IMPORT_OF_DATABASE}
       export default (_location, { filename, options }) => {
         const database = new Database(filename, options)
         const { prepare } = database
         database.prepare = (sql) => (sql === 'begin' ? process.exit(7) : prepare.call(database, sql))
         return database
       }`,
      /worker thread of connection app.db#backup ended: it exited with code 7/,
    ],
  ] as const)('whose creator %s leaves nothing behind', async ([, code, message]) => {
    const directory = temporaryDirectory()
    const url = join(directory, 'app.db')
    const plain = open<Bank>(url)
    await createBank(plain.db, 10)
    const { dialect } = open<Bank>({ url, creator: creatorOf(code) })
    await expect(dialect.backup(join(directory, 'backup.db'))).rejects.toThrow(message)
    expect(readdirSync(directory)).toEqual(['app.db'])
    await transfer(plain.db)
  })

  test.runIf(process.platform !== 'win32')(
    'can be read by those who can read the database, and nobody else',
    async () => {
      const { dialect, directory, path } = await smallBank()
      chmodSync(join(directory, 'app.db'), 0o600)
      await dialect.backup(path)
      expect(statSync(path).mode & 0o777).toBe(0o600)
    },
  )

  test('can be made of a database that is read only', async () => {
    const directory = temporaryDirectory()
    const url = join(directory, 'app.db')
    await createBank(open<Bank>(url).db, 10)
    const { dialect } = open<Bank>(`file:${url}?mode=ro`)
    await dialect.backup(join(directory, 'backup.db'))
    expect(look(join(directory, 'backup.db'))).toMatchObject({ integrity: 'ok', ballast: 10 })
  })

  test.each([
    { url: ':memory:' },
    { url: ':memory:', poolclass: 'StaticPool' },
    { url: `file:own-transaction-${process.pid}?mode=memory&cache=shared` },
  ] as const)('of $url within the transaction that it would wait for is refused at once', async (config) => {
    const { db, dialect } = open<Bank>(config)
    await createBank(db, 1)
    const directory = temporaryDirectory()
    const warnings = collectWarnings('POOLCLASS_NESTED_USE')
    const refused = {
      code: 'POOLCLASS_BACKUP',
      message: expect.stringMatching(
        /wait for itself\. Call it after `db\.transaction\(\)`\.\nIt is held by/,
      ) as string,
    }
    const backUp = (): Promise<void> => dialect.backup(join(directory, 'backup.db'))
    await expect(db.transaction().execute(backUp)).rejects.toMatchObject(refused)
    expect(warnings).toEqual([])
    expect(readdirSync(directory)).toEqual([])
    await backUp()
    expect(look(join(directory, 'backup.db'))).toMatchObject({ integrity: 'ok' })
  })

  test('of private memory within dialect.withConnection() is refused at once', async () => {
    const { dialect } = open<Bank>({ url: ':memory:', threads: 0 })
    const directory = temporaryDirectory()
    const backup = dialect.withConnection(() => dialect.backup(join(directory, 'backup.db')))
    await expect(backup).rejects.toThrow(/Call it after `dialect\.withConnection\(\)`/)
    expect(readdirSync(directory)).toEqual([])
  })

  test('leaves nothing behind where its process exits meanwhile', async () => {
    const directory = temporaryDirectory()
    const script = new ScriptProcess('sessions/scripts/exits-in-backup.ts', [directory])
    await script.ended()
    expect(script.lines).toEqual(['half'])
    expect(readdirSync(directory).filter((name) => name.startsWith('backup'))).toEqual([])
  })

  test('keeps its process alive until it is done, and no longer', async () => {
    const directory = temporaryDirectory()
    const script = new ScriptProcess('sessions/scripts/only-a-backup.ts', [directory])
    expect(await script.result()).toBe('done')
    expect(readdirSync(directory)).toContain('backup.db')
  })
})
