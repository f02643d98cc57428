import type { SqliteLocation } from '../../packages/dialect/src/url/sqlite-location.ts'

type PoolClassName = 'SingletonThreadPool' | 'StaticPool' | 'NullPool'

const memory = { kind: 'memory' } as const
const sharedUnnamed = { kind: 'shared-memory', name: ':memory:' } as const
const sharedX = { kind: 'shared-memory', name: 'x' } as const
const relative = { kind: 'file', path: 'app.db' } as const
const absolute = { kind: 'file', path: '/abs/app.db' } as const

/** What the user writes, the location, and the default pool class: the table of the design, then its finer points. */
export const locationTable: readonly (readonly [string | URL, SqliteLocation, PoolClassName])[] = [
  [':memory:', memory, 'SingletonThreadPool'],
  ['sqlite://', memory, 'SingletonThreadPool'],
  ['sqlite:///', memory, 'SingletonThreadPool'],
  ['sqlite:///:memory:', memory, 'SingletonThreadPool'],
  ['file::memory:', memory, 'SingletonThreadPool'],
  ['file:x?mode=memory', memory, 'SingletonThreadPool'],
  ['file::memory:?cache=shared', sharedUnnamed, 'StaticPool'],
  ['file:x?mode=memory&cache=shared', sharedX, 'StaticPool'],
  ['file:/x?vfs=memdb', sharedX, 'StaticPool'],
  ['sqlite:///file::memory:?cache=shared&uri=true', sharedUnnamed, 'StaticPool'],
  ['sqlite:///file:x?mode=memory&cache=shared&uri=true', sharedX, 'StaticPool'],
  ['sqlite:///file:/x?vfs=memdb&uri=true', sharedX, 'StaticPool'],
  ['file:app.db?cache=shared', { ...relative, cache: 'shared' }, 'StaticPool'],
  ['app.db', relative, 'NullPool'],
  ['./app.db', { kind: 'file', path: './app.db' }, 'NullPool'],
  ['../app.db', { kind: 'file', path: '../app.db' }, 'NullPool'],
  ['/abs/app.db', absolute, 'NullPool'],
  ['file:app.db', relative, 'NullPool'],
  ['file:///abs/app.db', absolute, 'NullPool'],
  ['sqlite:///app.db', relative, 'NullPool'],
  ['sqlite:////abs/app.db', absolute, 'NullPool'],
  [new URL('file:///abs/app.db'), absolute, 'NullPool'],
  ['', { kind: 'temporary' }, 'SingletonThreadPool'],

  // A `file:` URI: authority, decoding.
  ['file:/abs/app.db', absolute, 'NullPool'],
  ['file://localhost/abs/app.db', absolute, 'NullPool'],
  ['file:a%20b%3F%23%25.db', { kind: 'file', path: 'a b?#%.db' }, 'NullPool'],
  ['file:app.db%20', { kind: 'file', path: 'app.db ' }, 'NullPool'],
  ['file:app.db%0A', { kind: 'file', path: 'app.db\n' }, 'NullPool'],
  ['file:100%.db', { kind: 'file', path: '100%.db' }, 'NullPool'],
  ['file:a%4.db', { kind: 'file', path: 'a%4.db' }, 'NullPool'],
  ['file:a%zz%41%%41%', { kind: 'file', path: 'a%zzA%A%' }, 'NullPool'],
  ['file:%C3%A9%E2%82%AC%F0%9F%98%80.db', { kind: 'file', path: 'é€😀.db' }, 'NullPool'],
  ['file:é€😀.db', { kind: 'file', path: 'é€😀.db' }, 'NullPool'],
  ['file:a+b c.db', { kind: 'file', path: 'a+b c.db' }, 'NullPool'],
  ['file:%3Amemory%3A', memory, 'SingletonThreadPool'],
  ['file:', { kind: 'temporary' }, 'SingletonThreadPool'],
  ['file:?mode=rw', { kind: 'temporary' }, 'SingletonThreadPool'],
  ['file:?vfs=unix-none', { kind: 'temporary', vfs: 'unix-none' }, 'SingletonThreadPool'],
  ['file://', { kind: 'temporary' }, 'SingletonThreadPool'],
  ['file://localhost', { kind: 'temporary' }, 'SingletonThreadPool'],
  [new URL('file:///abs/a b%23.db?mode=ro'), { kind: 'file', path: '/abs/a b#.db', mode: 'ro' }, 'NullPool'],

  // Its parameters.
  ['file:app.db?mode=ro', { ...relative, mode: 'ro' }, 'NullPool'],
  ['file:app.db?mode=rw', { ...relative, mode: 'rw' }, 'NullPool'],
  ['file:app.db?mode=rwc', { ...relative, mode: 'rwc' }, 'NullPool'],
  ['file:app.db?cache=private', { ...relative, cache: 'private' }, 'NullPool'],
  ['file:app.db?immutable=1&nolock=Yes', { ...relative, immutable: true, nolock: true }, 'NullPool'],
  ['file:app.db?nolock=10&psow=00', { ...relative, nolock: true, psow: false }, 'NullPool'],
  ['file:app.db?psow=off&vfs=unix-excl', { ...relative, psow: false, vfs: 'unix-excl' }, 'NullPool'],
  ['file:app.db?modeof=other.db', { ...relative, modeof: 'other.db' }, 'NullPool'],
  ['file:app.db?m%6Fde=r%6F', { ...relative, mode: 'ro' }, 'NullPool'],
  ['file:app.db?', relative, 'NullPool'],
  ['file:app.db?&&mode=ro&', { ...relative, mode: 'ro' }, 'NullPool'],
  ['file:app.db?=ignored&mode=ro', { ...relative, mode: 'ro' }, 'NullPool'],
  ['file:app.db?vfs=a=b?c', { ...relative, vfs: 'a=b?c' }, 'NullPool'],

  // Repeated ones: `mode` may only narrow, of `cache` and `vfs` the last decides, of the rest the first.
  ['file:app.db?mode=rwc&mode=rw&mode=ro', { ...relative, mode: 'ro' }, 'NullPool'],
  ['file:app.db?mode=ro&mode=memory', memory, 'SingletonThreadPool'],
  ['file:app.db?mode=memory&mode=rwc', { ...relative, mode: 'rwc' }, 'NullPool'],
  ['file:app.db?cache=shared&cache=private', { ...relative, cache: 'private' }, 'NullPool'],
  ['file:app.db?vfs=memdb&vfs=unix', { ...relative, vfs: 'unix' }, 'NullPool'],
  ['file:app.db?immutable=0&immutable=1', { ...relative, immutable: false }, 'NullPool'],
  ['file:app.db?modeof=a&modeof=b', { ...relative, modeof: 'a' }, 'NullPool'],

  // Memory, private and shared.
  ['file::memory:?cache=private', memory, 'SingletonThreadPool'],
  ['file:x?vfs=memdb', memory, 'SingletonThreadPool'],
  ['file:/?vfs=memdb', memory, 'SingletonThreadPool'],
  ['file:?vfs=memdb', { kind: 'temporary', vfs: 'memdb' }, 'SingletonThreadPool'],
  ['file:?mode=memory', memory, 'SingletonThreadPool'],
  ['file:x?mode=memory&vfs=memdb', memory, 'SingletonThreadPool'],
  ['file:a/b?vfs=memdb', memory, 'SingletonThreadPool'],
  ['file:a\\b?vfs=memdb', memory, 'SingletonThreadPool'],
  ['file:x?vfs=memdb&cache=shared', sharedX, 'StaticPool'],
  ['file:///x?vfs=memdb', sharedX, 'StaticPool'],
  ['file:/x?vfs=memdb&cache=private', sharedX, 'StaticPool'],
  ['file:/:memory:?vfs=memdb', sharedUnnamed, 'StaticPool'],
  ['file:/a/b?vfs=memdb', { kind: 'shared-memory', name: 'a/b' }, 'StaticPool'],
  ['file:/x?vfs=memdb&mode=ro', { ...sharedX, mode: 'ro' }, 'StaticPool'],
  ['file::memory:?cache=shared&mode=ro', { ...sharedUnnamed, mode: 'ro' }, 'StaticPool'],
  ['file:/x?mode=memory&cache=shared', { kind: 'shared-memory', name: '/x' }, 'StaticPool'],

  // SQLAlchemy's form: no decoding, no fragment, `uri` in any of its spellings and places.
  ['sqlite:///a%20b#c.db', { kind: 'file', path: 'a%20b#c.db' }, 'NullPool'],
  ['sqlite:///../app.db', { kind: 'file', path: '../app.db' }, 'NullPool'],
  ['sqlite:///C:\\dir\\app.db', { kind: 'file', path: 'C:\\dir\\app.db' }, 'NullPool'],
  ['sqlite:///app.db?', relative, 'NullPool'],
  ['sqlite:///app.db?uri=false', relative, 'NullPool'],
  ['sqlite:///file:app.db?uri=true', relative, 'NullPool'],
  ['sqlite:///file:app.db?uri=1&mode=ro', { ...relative, mode: 'ro' }, 'NullPool'],
  [
    'sqlite:///file:a%20b?mode=ro&uri=TRUE&psow=0',
    { kind: 'file', path: 'a b', mode: 'ro', psow: false },
    'NullPool',
  ],
  [new URL('sqlite:///app.db'), relative, 'NullPool'],
  [new URL('sqlite:///:memory:'), memory, 'SingletonThreadPool'],

  // Plain paths are taken as they stand.
  ['C:\\dir\\app.db', { kind: 'file', path: 'C:\\dir\\app.db' }, 'NullPool'],
  ['c:/app.db', { kind: 'file', path: 'c:/app.db' }, 'NullPool'],
  ['a%20b.db', { kind: 'file', path: 'a%20b.db' }, 'NullPool'],
  ['what?.db', { kind: 'file', path: 'what?.db' }, 'NullPool'],
  ['a#b.db', { kind: 'file', path: 'a#b.db' }, 'NullPool'],
  ['100%.db', { kind: 'file', path: '100%.db' }, 'NullPool'],
  ['$a.db', { kind: 'file', path: '$a.db' }, 'NullPool'],
  ['~app.db', { kind: 'file', path: '~app.db' }, 'NullPool'],
  ["it's.db", { kind: 'file', path: "it's.db" }, 'NullPool'],
  ['nullable.db', { kind: 'file', path: 'nullable.db' }, 'NullPool'],
  ['./notes:2024.db', { kind: 'file', path: './notes:2024.db' }, 'NullPool'],
  ['./my:memory:', { kind: 'file', path: './my:memory:' }, 'NullPool'],
  ['./:memory:x', { kind: 'file', path: './:memory:x' }, 'NullPool'],
  ['./:name', { kind: 'file', path: './:name' }, 'NullPool'],
  ['memory', { kind: 'file', path: 'memory' }, 'NullPool'],
]
