// @module-tag slow

import Database from 'better-sqlite3'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ScriptProcess } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { poolclass } from './command.ts'

const WELL = { poolclass: 'QueuePool', pragmas: { foreign_keys: true } }

/** A directory with a database, and with a config that names it. */
function database(setup: string, config: object = WELL): string {
  const directory = temporaryDirectory()
  const plain = new Database(join(directory, 'app.db'))
  plain.exec(setup)
  plain.close()
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ url: 'app.db', ...config }))
  return directory
}

const TABLES =
  'create table parent (id integer primary key); create table child (parent integer references parent)'

interface Finding {
  readonly kind: string
  readonly what: string
}

function findings(
  directory: string,
  ...options: readonly string[]
): { found: string[]; code: number | null } {
  const { output, code } = poolclass(directory, 'doctor', 'config.json', '--json', ...options)
  const { findings: found } = JSON.parse(output) as { findings: Finding[] }
  return { found: found.map(({ kind, what }) => `${kind}: ${what}`), code }
}

test.each(['wal', 'delete'])('doctor changes nothing on disk in journal mode %s', (mode) => {
  const directory = database(`pragma journal_mode = ${mode}; ${TABLES}`)
  const before = contents(directory)
  expect(poolclass(directory, 'doctor', 'config.json', '--full').code).toBe(0)
  expect(contents(directory)).toEqual(before)
  expect(readdirSync(directory)).not.toContain('app.db-shm')
})

test('doctor finds nothing wrong with a database in WAL mode whose foreign keys are enforced', () => {
  const directory = database(`pragma journal_mode = wal; ${TABLES}`)
  expect(findings(directory, '--full')).toEqual({ found: [], code: 0 })
  expect(poolclass(directory, 'doctor', 'config.json').output).toMatch(
    /WAL mode, local disk\n.*\n.*tables: 2.*\n\nNothing is wrong/s,
  )
})

/** What is on disk, without the index of the WAL, which is memory that processes share. */
function contents(directory: string): Record<string, string> {
  const names = readdirSync(directory).filter((name) => !name.endsWith('-shm'))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), 'hex')]))
}

const holding = (path: string, statement: string): ScriptProcess =>
  new ScriptProcess('concurrency/scripts/hold-lock.ts', [path, statement])

test.each([['wal'], ['delete', '--driver', 'node:sqlite']])(
  'doctor tells that another process has the write lock, waits for it shortly, and changes nothing: %j %j %j',
  async (mode, ...options) => {
    const directory = database(`pragma journal_mode = ${mode}; ${TABLES}`, {
      ...WELL,
      pragmas: { foreign_keys: true, journal_mode: 'wal' },
    })
    const writer = holding(join(directory, 'app.db'), 'begin immediate; insert into parent values (1)')
    await writer.hasPrinted(1)
    const before = contents(directory)
    const { found, code } = findings(directory, ...options)
    expect(found).toEqual([
      expect.stringMatching(
        /^problem: Another connection has the write lock, and kept it for all of the \d+ ms/,
      ),
    ])
    expect(code).toBe(1)
    expect(contents(directory)).toEqual(before)
    writer.tell('end')
    await writer.ended()
    expect(findings(directory, ...options)).toEqual({ found: [], code: 0 })
  },
)

test('doctor leaves the WAL of a program that was killed as it is', async () => {
  const directory = database(`pragma journal_mode = wal; ${TABLES}`)
  const writer = holding(join(directory, 'app.db'), 'insert into parent values (1)')
  await writer.hasPrinted(1)
  await writer.kill()
  const before = contents(directory)
  expect(before['app.db-wal']).toBeTruthy()
  expect(findings(directory)).toEqual({ found: [], code: 0 })
  expect(contents(directory)).toEqual(before)
})

test('doctor advises WAL mode and a pool, and that alone is nothing wrong', () => {
  const { found, code } = findings(database(TABLES, {}))
  expect(found).toEqual([
    'advice: It has a rollback journal, so readers and writers wait for each other.',
    'advice: The URL alone gives NullPool, which opens the file for every query and keeps nothing prepared.',
  ])
  expect(code).toBe(0)
})

test('doctor finds foreign keys that are not enforced, and with --full the rows that break them', () => {
  const directory = database(`pragma foreign_keys = off; ${TABLES}; insert into child values (7), (8)`, {
    ...WELL,
    pragmas: { foreign_keys: false, journal_mode: 'wal' },
  })
  const unenforced = 'problem: The database has foreign keys, and connections do not enforce them.'
  expect(findings(directory)).toEqual({ found: [unenforced], code: 1 })
  expect(findings(directory, '--full')).toEqual({
    found: ['problem: It is damaged: 2 rows of child refer to a row that does not exist.', unenforced],
    code: 1,
  })
})

test('doctor finds a WAL out of bounds', () => {
  const directory = database(`pragma journal_mode = wal; ${TABLES}`)
  const writer = new Database(join(directory, 'app.db'))
  writer.exec('insert into parent values (1)')
  truncateSync(join(directory, 'app.db-wal'), 65 * 2 ** 20)
  const { found, code } = findings(directory)
  expect(found).toEqual([expect.stringContaining('problem: The WAL has 65.0 MB')])
  expect(code).toBe(1)
  writer.close()
})

test('doctor finds pages that are damaged', () => {
  const directory = database(`${TABLES}; pragma journal_mode = wal; create index by_parent on child (parent);
    insert into parent values (1); insert into child values (1)`)
  const bytes = readFileSync(join(directory, 'app.db'))
  bytes.fill(0xff, bytes.length - 4096)
  writeFileSync(join(directory, 'app.db'), bytes)
  const { found, code } = findings(directory, '--full')
  expect(found[0]).toMatch(/^problem: It (?:is damaged|cannot be read)/)
  expect(code).toBe(1)
})

test.each([
  ['a file that does not exist', undefined, 'ENOENT'],
  [
    'a file that is no database',
    'not a database at all, but long enough for a header'.repeat(20),
    'file is not a database',
  ],
])('doctor finds %s, and creates nothing', (_, content, why) => {
  const directory = temporaryDirectory()
  if (content !== undefined) writeFileSync(join(directory, 'app.db'), content)
  const before = readdirSync(directory)
  const { output, code } = poolclass(directory, 'doctor', 'app.db')
  expect(output).toContain(why)
  expect(code).toBe(1)
  expect(readdirSync(directory)).toEqual(before)
})

test.skipIf(process.platform === 'win32').each([
  ['a directory', (path: string) => mkdirSync(path)],
  ['a pipe', (path: string) => execFileSync('sh', ['-c', 'mkfifo "$0"', path])],
])('doctor says that %s is no file, and waits for nobody', (what, make) => {
  const directory = temporaryDirectory()
  make(join(directory, 'app.db'))
  const { output, code } = poolclass(directory, 'doctor', 'app.db')
  expect(output).toContain(`app.db is ${what}, not a file.`)
  expect(code).toBe(1)
  expect(poolclass(directory, 'bench', 'app.db')).toMatchObject({
    errors: expect.stringContaining(`app.db is ${what}, not a file.`),
    code: 1,
  })
  expect(readdirSync(directory)).toEqual(['app.db'])
})

test('doctor reads a database with an empty WAL that nobody has open, and makes no index of the WAL', () => {
  const directory = database(`pragma journal_mode = wal; ${TABLES}`)
  writeFileSync(join(directory, 'app.db-wal'), '')
  const before = readdirSync(directory)
  expect(findings(directory)).toEqual({ found: [], code: 0 })
  expect(readdirSync(directory)).toEqual(before)
})

test('doctor says who can read a WAL whose index cannot be made', () => {
  const directory = database(`pragma journal_mode = wal; ${TABLES}`)
  writeFileSync(join(directory, 'app.db-wal'), 'left by a process that was killed')
  // As a directory that this user may not write to.
  symlinkSync(join(directory, 'missing'), join(directory, 'app.db-shm'))
  const { output, code } = poolclass(directory, 'doctor', 'app.db')
  expect(output).toContain('who may write to the directory')
  expect(code).toBe(1)
})

test('doctor tells what is wrong with a config', () => {
  const { output, code } = poolclass(temporaryDirectory(), 'doctor', 'file:app.db?mod=ro')
  expect(output).toContain('mod')
  expect(code).toBe(1)
})

test.each([[], ['--driver', 'node:sqlite']])('doctor reads memory with %j', (...options) => {
  const { output, code } = poolclass(temporaryDirectory(), 'doctor', ':memory:', ...options)
  expect(output).toContain('Nothing is wrong.')
  expect(code).toBe(0)
})
