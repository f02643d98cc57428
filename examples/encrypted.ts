/**
 * An encrypted file: what is on the disk, who can read it, how it gets another key while it is in use.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/encrypted.ts`.
 */
import { isSqliteError, PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { printStep, printTable, printText } from './print.ts'

interface Database {
  patient: { name: string; diagnosis: string }
}

const PATIENT = { name: 'Ada', diagnosis: 'an acute lack of sleep' }

await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-encrypted-'))
await compareFiles()
await tryKeys()
await changeKey()
await compareCosts()

function encrypted(name: string, key: PooledSqliteDialectConfig['key']): PooledSqliteDialect {
  return new PooledSqliteDialect({
    url: join(folder.path, name),
    driver: 'better-sqlite3-multiple-ciphers',
    key,
    poolclass: 'QueuePool',
    threads: 2,
    pragmas: { journal_mode: 'wal' },
  })
}

async function fill(dialect: PooledSqliteDialect): Promise<void> {
  const db = new Kysely<Database>({ dialect })
  await db.schema.createTable('patient').addColumn('name', 'text').addColumn('diagnosis', 'text').execute()
  await db.insertInto('patient').values(PATIENT).execute()
  await db.destroy()
}

async function compareFiles(): Promise<void> {
  printStep(
    'What is on the disk',
    "Two files with the same row. One has a key, from the environment: key: { env: 'PATIENTS_KEY' }.",
  )
  process.env['PATIENTS_KEY'] = randomBytes(24).toString('base64')
  const dialect = encrypted('patients.db', { env: 'PATIENTS_KEY' })
  await fill(new PooledSqliteDialect(join(folder.path, 'plain.db')))
  await fill(dialect)
  const rows = await Promise.all(
    ['plain.db', 'patients.db'].map(async (name) => {
      const content = await readFile(join(folder.path, name))
      return [name, printable(content.subarray(0, 16)), content.includes(PATIENT.diagnosis) ? 'yes' : 'no']
    }),
  )
  printTable(['file', 'begins with', 'shows the diagnosis'], rows)
  assert.deepEqual(
    rows.map(([, , shows]) => shows),
    ['yes', 'no'],
  )
  const shown = inspect(dialect, { depth: 10, showHidden: true })
  assert(!shown.includes(process.env['PATIENTS_KEY']))
  printText('The dialect does not show the key either, however it is printed.')
}

async function tryKeys(): Promise<void> {
  printStep('Who can read it', 'A wrong key is an error before anybody has a connection.')
  const url = join(folder.path, 'patients.db')
  await showReading('the right key', encrypted('patients.db', { env: 'PATIENTS_KEY' }))
  await showReading('a wrong key', encrypted('patients.db', 'sesame'))
  await showReading('plain SQLite', new PooledSqliteDialect(url))
}

async function changeKey(): Promise<void> {
  printStep(
    'Another key, while the file is in use',
    'Readers in two threads go on reading. dialect.rekey() writes the whole file anew, and the pool follows.',
  )
  const dialect = encrypted('patients.db', { env: 'PATIENTS_KEY' })
  const db = new Kysely<Database>({ dialect })
  const read = (): Promise<unknown> => db.selectFrom('patient').selectAll().execute()
  await Promise.all([read(), read()])
  await dialect.rekey('a new key')
  assert.deepEqual(await Promise.all([read(), read()]), [[PATIENT], [PATIENT]])
  await db.destroy()
  await showReading('the old key', encrypted('patients.db', { env: 'PATIENTS_KEY' }))
  await showReading('the new key', encrypted('patients.db', 'a new key'))
}

async function compareCosts(): Promise<void> {
  printStep(
    'What opening costs',
    'A passphrase takes many rounds of a hash, for each connection that is opened. QueuePool keeps them. NullPool, the default for ' +
      'a file, opens one for each query. A key of 32 random bytes needs no rounds: raw: and 64 hexadecimal digits.',
  )
  const rows: [string, string, number][] = []
  for (const [what, key] of [
    ['passphrase', 'a passphrase'],
    ['raw key', `raw:${randomBytes(32).toString('hex')}`],
  ] as const) {
    for (const poolclass of ['QueuePool', 'NullPool'] as const) {
      const url = join(folder.path, `${what} ${poolclass}.db`)
      const driver = 'better-sqlite3-multiple-ciphers'
      const db = new Kysely<Database>({ dialect: new PooledSqliteDialect({ url, driver, key, poolclass }) })
      await sql`create table patient (name, diagnosis)`.execute(db)
      const start = performance.now()
      for (let n = 0; n < 20; n += 1) await db.selectFrom('patient').selectAll().execute()
      rows.push([what, poolclass, (performance.now() - start) / 20])
      await db.destroy()
    }
  }
  printTable(['key', 'pool class', 'ms for a query'], rows)
}

async function showReading(how: string, dialect: PooledSqliteDialect): Promise<void> {
  const db = new Kysely<Database>({ dialect })
  try {
    const rows = await db.selectFrom('patient').selectAll().execute()
    printText(`\n${how}: ${inspect(rows)}`)
    assert.match(how, /right|new/)
  } catch (error) {
    if (!isSqliteError(error, 'SQLITE_NOTADB')) throw error
    printText(`\n${how}: ${error.message.replace(`${folder.path}/`, '')}`)
    assert.doesNotMatch(how, /right|new/)
  } finally {
    await db.destroy()
  }
}

function printable(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll(/[^ -~]/g, '·')
}
