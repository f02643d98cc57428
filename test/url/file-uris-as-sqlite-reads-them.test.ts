import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { basename, dirname, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { SqliteUrlError } from '../../packages/dialect/src/errors/url-errors.ts'
import { parseSqliteUrl } from '../../packages/dialect/src/url/parse-sqlite-url.ts'
import type { AccessMode, SqliteLocation } from '../../packages/dialect/src/url/sqlite-location.ts'
import { scaled } from '../support/effort.ts'
import { WorkingDirectory } from './working-directory.ts'

/** What SQLite itself makes of a URI. */
type Opened = { file: string; inMemory: boolean; shared: boolean; readonly: boolean } | { error: string }

function askSqlite(uri: string): Opened {
  let database: DatabaseSync
  try {
    database = new DatabaseSync(uri)
  } catch (error) {
    return { error: (error as Error).message }
  }
  try {
    const list = database.prepare('pragma database_list').get() as { file: string }
    const journal = database.prepare('pragma journal_mode').get() as { journal_mode: string }
    const isAnonymous = list.file === ''
    return {
      file: list.file,
      inMemory: isAnonymous && journal.journal_mode === 'memory',
      shared: isAnonymous && seesTheSame(database, uri),
      readonly: !canWrite(database),
    }
  } finally {
    database.close()
  }
}

function seesTheSame(database: DatabaseSync, uri: string): boolean {
  if (!canWrite(database)) return false
  database.exec('create table seen (x)')
  const other = new DatabaseSync(uri)
  try {
    return other.prepare("select 1 from sqlite_schema where name = 'seen'").get() !== undefined
  } finally {
    other.close()
  }
}

function canWrite(database: DatabaseSync): boolean {
  try {
    database.exec('pragma user_version = 1')
    return true
  } catch {
    return false
  }
}

function read(uri: string): SqliteLocation | SqliteUrlError {
  try {
    return parseSqliteUrl(uri)
  } catch (error) {
    if (error instanceof SqliteUrlError) return error
    throw error
  }
}

/** SQLite refuses these as well; it accepts, in silence, what is refused here for any other reason. */
const refusedBySqlite: ReadonlySet<string> = new Set(['authority', 'mode', 'cache'])

/** What SQLite makes of the URI and what was expected of it, or undefined where the two agree. */
function disagreement(uri: string, directory: WorkingDirectory): object | undefined {
  const location = read(uri)
  if (location instanceof SqliteUrlError) {
    if (!refusedBySqlite.has(location.reason)) return undefined
    const opened = askSqlite(uri)
    return 'error' in opened ? undefined : { opened, location }
  }
  if (location.kind === 'file') {
    const path = resolve(directory.path, location.path)
    if (!directory.contains(path))
      throw new Error(`bug in this test: ${uri} would be opened outside of its directory`)
    prepare(path, location.mode)
  }
  const opened = askSqlite(uri)
  const expected = expectedOf(location, directory)
  return isDeepStrictEqual(opened, expected) ? undefined : { opened, expected, location }
}

function prepare(path: string, mode: AccessMode | undefined): void {
  mkdirSync(dirname(path), { recursive: true })
  if (mode === 'ro' || mode === 'rw') writeFileSync(path, '')
}

function expectedOf(location: SqliteLocation, directory: WorkingDirectory): Opened {
  switch (location.kind) {
    case 'file':
      return {
        file: resolve(directory.path, location.path),
        inMemory: false,
        shared: false,
        readonly: location.mode === 'ro' || location.immutable === true,
      }
    case 'shared-memory':
      return { file: '', inMemory: true, shared: location.mode !== 'ro', readonly: location.mode === 'ro' }
    default:
      return { file: '', inMemory: location.kind === 'memory', shared: false, readonly: false }
  }
}

const hexDigits = '0123456789abcdefABCDEF'
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'x.db', '.', '-', '~', 'é', '€', '😀', 'z') },
  { weight: 3, arbitrary: fc.constantFrom(' ', '+', '=', '&', ':', ';', '@', '\\', "'", '"', '%0A', '%09') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('%', '%2', '%zz', '%g1', '%%', '%25', '%20', '%3F', '%23', '%C3%A9'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('%00', '%FF', '%C3', '?', '%2F', '%2E', '/', '//', 'file:', ':memory:'),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...hexDigits), fc.constantFrom(...hexDigits))
      .map(([high, low]) => `%${high}${low}`),
  },
)
const word = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
const segment = fc.oneof({ weight: 8, arbitrary: word }, { weight: 1, arbitrary: fc.constantFrom('.', '..') })
const relativePath = fc.oneof(
  { weight: 6, arbitrary: fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')) },
  { weight: 1, arbitrary: fc.constantFrom(':memory:', '%3amemory:', '', 'x') },
)
const prefix = fc.constantFrom(
  'relative',
  'relative',
  '/',
  '/',
  '///',
  '///',
  '//localhost/',
  '//LocalHost/',
  '//host/',
  '//',
  '//localhost',
)
const assignment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('mode=ro', 'mode=rw', 'mode=rwc', 'mode=memory') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('cache=shared', 'cache=private', 'vfs=memdb', 'vfs=unix', 'vfs=unix-excl'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('immutable=0', 'nolock=1', 'nolock=off', 'psow=1', 'psow=NO', 'psow=007'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '=', '=x', '=mode=ro', 'm%6fde=r%6F', 'mode%3Dro', 'cache=sh%61red'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'mode',
      'mode=',
      'mode=RO',
      'mode=ro=',
      'cache=',
      'cache=Shared',
      'mode=r?o',
      'Mode=ro',
    ),
  },
  { weight: 1, arbitrary: fc.tuple(word, word).map(([name, value]) => `${name}=${value}`) },
)
const query = fc.oneof(
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 3, arbitrary: fc.array(assignment, { maxLength: 4 }).map((all) => `?${all.join('&')}`) },
)
const fragment = fc.constantFrom('', '', '', '', '', '', '', '#', '#?mode=nonsense', '#%zz/x')

/** Nothing is opened outside the temporary directory: absolute paths get it put in front, relative ones stay relative. */
const uri = fc
  .record({ prefix, path: relativePath, query, fragment })
  .map((parts) => (base: string): string => {
    const path =
      parts.prefix === 'relative'
        ? parts.path.replace(/^(?:\/|%2f)+/i, '')
        : `${parts.prefix}${base.slice(1)}/${parts.path}`
    return `file:${path}${parts.query}${parts.fragment}`
  })

test('SQLite opens every accepted file: URI as the location says, and refuses every authority, mode and cache refused here', () => {
  const seen = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(uri, (build) => {
      using directory = new WorkingDirectory()
      const text = build(directory.path)
      expect(disagreement(text, directory)).toBeUndefined()
      if (read(text) instanceof SqliteUrlError) seen.refused++
      else seen.accepted++
    }),
    { numRuns: scaled(1500) },
  )
  expect(seen.accepted).toBeGreaterThan(0)
  expect(seen.refused).toBeGreaterThan(0)
})

test('SQLite refuses no parameter combination that is accepted here', () => {
  fc.assert(
    fc.property(fc.constantFrom('x', ':memory:', '', 'd/x'), query, (name, text) => {
      using directory = new WorkingDirectory()
      expect(disagreement(`file:${name}${text}`, directory)).toBeUndefined()
    }),
    { numRuns: scaled(500) },
  )
})

test.each([
  'file:/x?vfs=memdb',
  'file:///x?vfs=memdb&cache=private',
  'file:x?vfs=memdb',
  'file:/?vfs=memdb',
  'file:?vfs=memdb',
  'file:x?vfs=memdb&cache=shared',
  'file://localhost',
  'file://',
  'file:%3Amemory%3A?cache=shared&cache=private',
])('SQLite agrees about %s', (text) => {
  using directory = new WorkingDirectory()
  expect(disagreement(text, directory)).toBeUndefined()
})

test('an unknown VFS is accepted here and refused by SQLite when the file is opened', () => {
  using directory = new WorkingDirectory()
  expect(parseSqliteUrl('file:x?vfs=nowhere')).toStrictEqual({ kind: 'file', path: 'x', vfs: 'nowhere' })
  expect(askSqlite('file:x?vfs=nowhere')).toStrictEqual({ error: 'no such vfs: nowhere' })
  expect(readdirSync(directory.path)).toStrictEqual([])
})

test.each([
  'file:x?mod=ro',
  'file:x#y',
  'file:x#?mode=ro',
  'file:undefined',
  'file:x%00y',
  'file:x?immutable',
  'file:./file:x',
  'file::memory',
  'file:d/',
])('%s is a trap: SQLite opens it without a word', (text) => {
  using directory = new WorkingDirectory()
  expect(read(text)).toBeInstanceOf(SqliteUrlError)
  expect(askSqlite(text)).not.toHaveProperty('error')
  expect(readdirSync(directory.path)).toHaveLength(1)
})

test('no string yields a file whose name begins with file: or sqlite:', () => {
  const scheme = fc.constantFrom(
    'file:',
    'sqlite:',
    'FILE:',
    'file%3A',
    'sqlite%3a',
    '%66ile:',
    'sqlite://',
    'sqlite:///',
  )
  const glue = fc.constantFrom(
    '',
    '/',
    './',
    '../',
    '//',
    '\\',
    ' ',
    '?uri=true',
    '?mode=ro',
    '%2F',
    '..',
    'x',
  )
  const url = fc.array(fc.oneof(scheme, glue), { maxLength: 7 }).map((parts) => parts.join(''))
  using directory = new WorkingDirectory()
  fc.assert(
    fc.property(url, (text) => {
      const location = read(text)
      if (location instanceof SqliteUrlError || location.kind !== 'file') return
      expect(location.path).not.toMatch(/^(?:file|sqlite):/i)
      expect(basename(resolve(directory.path, location.path))).not.toMatch(/^(?:file|sqlite):/i)
    }),
    { numRuns: scaled(1000) },
  )
})

test('any string is either a location or a SqliteUrlError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), word, fc.webUrl()), (text) => {
      const result = read(text)
      expect(result instanceof SqliteUrlError || Object.isFrozen(result)).toBe(true)
    }),
    { numRuns: scaled(1000) },
  )
})
