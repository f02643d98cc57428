import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import Database from 'better-sqlite3'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openTarget } from '../../packages/dialect/src/drivers/local/open-target.ts'
import { absoluteLocation } from '../../packages/dialect/src/url/absolute-location.ts'
import { parseSqliteUrl } from '../../packages/dialect/src/url/parse-sqlite-url.ts'
import { locationTable } from './location-table.ts'
import { scaled } from '../support/effort.ts'
// oxlint-disable-next-line import/no-unassigned-import -- before the first database, it switches URI file names on
import '../support/uris-on.ts'
import { WorkingDirectory } from './working-directory.ts'

function open(url: string): Database.Database {
  const { filename, readonly, fileMustExist } = openTarget(absoluteLocation(parseSqliteUrl(url)))
  return new Database(filename, { readonly, fileMustExist })
}

function fileOf(database: Database.Database): string {
  const [main] = database.pragma('database_list') as { file: string }[]
  return main?.file ?? ''
}

function fileThatSqliteOpens(uri: string): string {
  const database = new DatabaseSync(uri)
  try {
    return (database.prepare('pragma database_list').get() as { file: string }).file
  } finally {
    database.close()
  }
}

describe('a location is lowered to the constructor of better-sqlite3', () => {
  const plain = { readonly: false, fileMustExist: false, needsUri: false }
  const uri = { ...plain, needsUri: true }

  test.each([
    [':memory:', { ...plain, filename: ':memory:' }],
    ['', { ...plain, filename: '' }],
    ['file:?vfs=unix-none', { ...uri, filename: 'file:?vfs=unix-none' }],
    ['file::memory:?cache=shared', { ...uri, filename: 'file:/%3Amemory%3A?vfs=memdb' }],
    ['file:a b/c?mode=memory&cache=shared', { ...uri, filename: 'file:/a%20b%2Fc?vfs=memdb' }],
    ['file:/x?vfs=memdb&mode=ro', { ...uri, filename: 'file:/x?vfs=memdb', readonly: true }],
    ['app.db', { ...plain, filename: '/cwd/app.db' }],
    ['./d//app.db', { ...plain, filename: '/cwd/d/app.db' }],
    ['link/../app.db', { ...plain, filename: '/cwd/link/../app.db' }],
    ['/abs/../app.db', { ...plain, filename: '/abs/../app.db' }],
    ['sqlite:////abs/app.db', { ...plain, filename: '/abs/app.db' }],
    ['file:app.db?mode=ro', { ...plain, filename: '/cwd/app.db', readonly: true }],
    ['file:app.db?mode=rw', { ...plain, filename: '/cwd/app.db', fileMustExist: true }],
    ['file:app.db?mode=rwc&cache=shared', { ...plain, filename: '/cwd/app.db' }],
    ['file:a b?immutable=1', { ...uri, filename: 'file:///cwd/a%20b?immutable=1' }],
    [
      'file:é?nolock=0&psow=off&vfs=a%26b&modeof=m&mode=ro',
      { ...uri, filename: 'file:///cwd/%C3%A9?nolock=0&psow=0&vfs=a%26b&modeof=%2Fcwd%2Fm', readonly: true },
    ],
    ['file:trailing%20', { ...uri, filename: 'file:///cwd/trailing%20' }],
    ['file:trailing%C2%A0', { ...uri, filename: 'file:///cwd/trailing%C2%A0' }],
    ['file:%20leading', { ...plain, filename: '/cwd/ leading' }],
    [String.raw`file:a\b?immutable=1`, { ...uri, filename: 'file:///cwd/a%5Cb?immutable=1' }],
  ])('%s becomes %o', (url, target) => {
    const lowered = openTarget(absoluteLocation(parseSqliteUrl(url), '/cwd', 'linux'), 'linux')
    expect(lowered).toStrictEqual(target)
    expect(Object.isFrozen(lowered)).toBe(true)
  })

  test.each([
    ['C:\\dir\\app.db', 'C:\\dir\\app.db', false],
    ['c:/app.db', 'c:\\app.db', false],
    ['file:///C:/app.db', 'C:\\app.db', false],
    ['file:////C:/app.db', 'C:\\app.db', false],
    ['dir/app.db', 'D:\\work\\dir\\app.db', false],
    ['file:///C:/a%20b?immutable=1', 'file:///C%3A/a%20b?immutable=1', true],
    ['\\\\server\\share\\app.db', '\\\\server\\share\\app.db', false],
  ])('on Windows %s becomes %s', (url, filename, needsUri) => {
    const lowered = openTarget(absoluteLocation(parseSqliteUrl(url), 'D:\\work', 'win32'), 'win32')
    expect(lowered).toMatchObject({ filename, needsUri })
  })

  test('a path that goes up is relative to the root, too', () => {
    const lowered = openTarget(absoluteLocation(parseSqliteUrl('link/../app.db'), '/', 'linux'), 'linux')
    expect(lowered.filename).toBe('/link/../app.db')
  })

  test.each(locationTable)(
    '%s, once absolute, names the same from every working directory',
    (url, location) => {
      const anchor = absoluteLocation(parseSqliteUrl(url))
      expect(absoluteLocation(anchor, '/elsewhere')).toEqual(anchor)
      expect(Object.keys(anchor).toSorted()).toEqual(Object.keys(location).toSorted())
      expect(Object.isFrozen(anchor)).toBe(true)
    },
  )

  test.each(locationTable)('%s is lowered to a name that means %o', (url, location) => {
    const { filename, needsUri } = openTarget(absoluteLocation(parseSqliteUrl(url), '/cwd', 'linux'), 'linux')
    expect(filename.startsWith('file:')).toBe(needsUri)
    const { kind, ...rest } = parseSqliteUrl(filename)
    expect(kind).toBe(location.kind)
    expect('name' in rest && rest.name).toBe('name' in location && location.name)
  })
})

describe('better-sqlite3 opens the file that SQLite would', () => {
  const name = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'a',
          'b',
          '.db',
          ' ',
          '%',
          '%41',
          '#',
          '?',
          '&',
          '=',
          '+',
          'é',
          '😀',
          '\u00a0',
          '\n',
          '\\',
          "'",
          ':',
        ),
        fc.string({ unit: 'grapheme', maxLength: 3 }),
      ),
      { minLength: 1, maxLength: 6 },
    )
    .map((pieces) => `n${pieces.join('').replaceAll(/[/\0]/g, '')}`)
  const suffix = fc.constantFrom(
    '',
    '?psow=1',
    '?nolock=1',
    '?vfs=unix&cache=private',
    '?mode=rwc',
    '?modeof=/tmp',
  )

  test('a percent-encoded name of any characters, with and without parameters', () => {
    fc.assert(
      fc.property(name, suffix, fc.boolean(), (text, parameters, isAbsolute) => {
        using directory = new WorkingDirectory()
        const start = isAbsolute ? `//${directory.path}/` : ''
        const uri = `file:${start}${encodeURIComponent(text)}${parameters}`
        const database = open(uri)
        try {
          database.exec('create table t (x)')
          expect(fileOf(database)).toBe(join(directory.path, text))
          expect(fileThatSqliteOpens(uri)).toBe(join(directory.path, text))
          expect(readdirSync(directory.path)).toStrictEqual([text])
        } finally {
          database.close()
        }
      }),
      { numRuns: scaled(500) },
    )
  })

  test.each(['a b.db', '100%.db', 'a#b.db', 'a?b.db', 'a%20b.db', 'é😀.db'])(
    'a plain path %j is the name of the file',
    (path) => {
      using directory = new WorkingDirectory()
      const database = open(path)
      try {
        database.exec('create table t (x)')
        expect(readdirSync(directory.path)).toStrictEqual([path])
      } finally {
        database.close()
      }
    },
  )

  test('a path that goes up behind a symbolic link is resolved as SQLite resolves it', () => {
    using directory = new WorkingDirectory()
    mkdirSync('elsewhere/deep', { recursive: true })
    symlinkSync('elsewhere/deep', 'link')
    const database = open('link/../app.db')
    try {
      expect(fileOf(database)).toBe(join(directory.path, 'elsewhere', 'app.db'))
      expect(fileThatSqliteOpens('file:link/../app.db')).toBe(join(directory.path, 'elsewhere', 'app.db'))
    } finally {
      database.close()
    }
  })

  test('a new file gets the permissions of the file that modeof names, relative to where the dialect was built', () => {
    using directory = new WorkingDirectory()
    writeFileSync('model', '', { mode: 0o600 })
    const target = openTarget(absoluteLocation(parseSqliteUrl('file:app.db?modeof=model')))
    using elsewhere = new WorkingDirectory()
    new Database(target.filename).exec('create table t (x)').close()
    expect(readdirSync(elsewhere.path)).toStrictEqual([])
    expect(statSync(join(directory.path, 'app.db')).mode & 0o777).toBe(0o600)
  })
})

describe('flags reach SQLite', () => {
  test('mode=ro reads and does not write', () => {
    using directory = new WorkingDirectory()
    open('app.db').exec('create table t (x)').close()
    const database = open('file:app.db?mode=ro')
    try {
      expect(fileOf(database)).toBe(join(directory.path, 'app.db'))
      expect(database.prepare('select * from t').all()).toStrictEqual([])
      expect(() => database.exec('insert into t values (1)')).toThrow('readonly')
    } finally {
      database.close()
    }
  })

  test.each(['file:missing.db?mode=rw', 'file:missing.db?mode=ro', 'file:missing.db?mode=rw&psow=1'])(
    '%s creates no file',
    (url) => {
      using directory = new WorkingDirectory()
      expect(() => open(url)).toThrow('unable to open database file')
      expect(readdirSync(directory.path)).toStrictEqual([])
    },
  )

  test('immutable=1 reads and does not write', () => {
    using directory = new WorkingDirectory()
    open('app.db').exec('create table t (x)').close()
    const database = open('file:app.db?immutable=1')
    try {
      expect(fileOf(database)).toBe(join(directory.path, 'app.db'))
      expect(() => database.exec('insert into t values (1)')).toThrow('readonly')
    } finally {
      database.close()
    }
  })

  test('an unknown VFS is an error of SQLite', () => {
    using directory = new WorkingDirectory()
    expect(() => open('file:app.db?vfs=nowhere')).toThrow('no such vfs: nowhere')
    expect(() => open('file:?vfs=nowhere')).toThrow('no such vfs: nowhere')
    expect(readdirSync(directory.path)).toStrictEqual([])
  })
})

describe('memory', () => {
  test.each([
    ['file::memory:?cache=shared', 'sqlite:///file::memory:?cache=shared&uri=true'],
    ['file:x?mode=memory&cache=shared', 'file:/x?vfs=memdb'],
    ['file:a%2Fb?mode=memory&cache=shared', 'file:///a/b?vfs=memdb'],
    ['file:%20%25é?mode=memory&cache=shared', 'file:%20%25%C3%A9?cache=shared&mode=memory'],
  ])('%s and %s are one database, and no file', (one, other) => {
    using directory = new WorkingDirectory()
    const writer = open(one)
    const reader = open(other)
    try {
      writer.exec('create table t (x); insert into t values (1)')
      expect(reader.prepare('select x from t').all()).toStrictEqual([{ x: 1 }])
      expect(readdirSync(directory.path)).toStrictEqual([])
    } finally {
      writer.close()
      reader.close()
    }
  })

  test('shared memory under two names is two databases', () => {
    const one = open('file:one?mode=memory&cache=shared')
    const others = [
      'file:two?mode=memory&cache=shared',
      'file:/one?mode=memory&cache=shared',
      'file:One?cache=shared&mode=memory',
    ]
    try {
      one.exec('create table t (x)')
      for (const url of others) {
        const other = open(url)
        expect(() => other.exec('select * from t')).toThrow('no such table')
        other.close()
      }
    } finally {
      one.close()
    }
  })

  test('shared memory with mode=ro sees what others write and writes nothing', () => {
    const reader = open('file:ro?mode=memory&cache=shared&mode=memory')
    const readonly = open('file:/ro?vfs=memdb&mode=ro')
    try {
      reader.exec('create table t (x)')
      expect(readonly.prepare('select * from t').all()).toStrictEqual([])
      expect(() => readonly.exec('insert into t values (1)')).toThrow('readonly')
    } finally {
      reader.close()
      readonly.close()
    }
  })

  test.each([
    ':memory:',
    'sqlite://',
    'file::memory:',
    'file:x?mode=memory',
    'file:x?vfs=memdb',
    '',
    'file:',
  ])('%j is private and leaves no file behind', (url) => {
    using directory = new WorkingDirectory()
    const one = open(url)
    const other = open(url)
    try {
      one.exec('create table t (x)')
      expect(() => other.exec('select * from t')).toThrow('no such table')
      expect(readdirSync(directory.path)).toStrictEqual([])
    } finally {
      one.close()
      other.close()
    }
  })
})

test('the working directory counts when the location is made absolute, not when it is opened', () => {
  using directory = new WorkingDirectory()
  const target = openTarget(absoluteLocation(parseSqliteUrl('app.db')))
  using elsewhere = new WorkingDirectory()
  new Database(target.filename).exec('create table t (x)').close()
  expect(readdirSync(elsewhere.path)).toStrictEqual([])
  expect(readdirSync(directory.path)).toStrictEqual(['app.db'])
})
