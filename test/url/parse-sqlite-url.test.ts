import { describe, expect, test } from 'vitest'
import { DialectError } from '../../packages/dialect/src/errors/dialect-error.ts'
import { SqliteUrlError } from '../../packages/dialect/src/errors/url-errors.ts'
import { parseSqliteUrl } from '../../packages/dialect/src/url/parse-sqlite-url.ts'
import { locationTable } from './location-table.ts'

describe('a URL names a location', () => {
  test.each(locationTable)('%s is %o', (url, location) => {
    expect(parseSqliteUrl(url)).toStrictEqual(location)
  })

  test.each(locationTable)('the location of %s is frozen and survives JSON and structured clone', (url) => {
    const location = parseSqliteUrl(url)
    expect(Object.isFrozen(location)).toBe(true)
    expect(JSON.parse(JSON.stringify(location))).toStrictEqual(location)
    expect(structuredClone(location)).toStrictEqual(location)
  })
})

test.each([
  ['file:%75ndefined', 'undefined'],
  ['file:/data/%75ndefined.db', '/data/undefined.db'],
  ['file:%5Bobject Object]', '[object Object]'],
  ['file:%24{DB}', '${DB}'],
  ['file:%25DB%25', '%DB%'],
  ['file:%3Cpath%3E', '<path>'],
  ['file:%7Burl}', '{url}'],
  ['./true', './true'],
  ['true.db', 'true.db'],
  ['/data/False', '/data/False'],
  ['{6f9619ff-8b86-d011-b42d-00cf4fc964ff}.db', '{6f9619ff-8b86-d011-b42d-00cf4fc964ff}.db'],
  ['a<b.db', 'a<b.db'],
  ['/data/%41%/app.db', '/data/%41%/app.db'],
  ['file:%7E/app.db', '~/app.db'],
  ['file:%44ata Source=app.db', 'Data Source=app.db'],
  ['file:a%0Ab%20', 'a\nb '],
])('%s, which is no slip in this spelling, names the file %j', (url, path) => {
  expect(parseSqliteUrl(url)).toEqual({ kind: 'file', path })
})

/** The bad URL, the reason, and what the message must contain. */
const faults: readonly (readonly [unknown, SqliteUrlError['reason'], ...string[]])[] = [
  [undefined, 'type', 'undefined', 'must be a string or a URL'],
  [null, 'type', 'null'],
  [42, 'type', '42'],
  [{ url: ':memory:' }, 'type', "'an object'"],
  [['app.db'], 'type', "'an array'"],
  [Buffer.from('app.db'), 'type', 'an object of class Buffer'],

  ['postgres://user@host/db', 'scheme', 'postgres:', 'not a scheme of SQLite'],
  ['mysql://localhost/db', 'scheme', 'mysql:'],
  ['ftp://example.org/app.db', 'scheme', 'ftp:'],
  ['postgres:db', 'scheme', 'postgres:'],
  [new URL('ftp://example.org/app.db'), 'scheme', 'ftp:'],
  ['LIBSQL://db.turso.io', 'scheme', 'LIBSQL:'],
  ['FILE:x', 'scheme', 'FILE:', "'file:x'"],
  ['File:///x', 'scheme', "'file:///x'"],
  ['SQLITE:///x', 'scheme', 'SQLITE:', "'sqlite:///x'"],
  ['Sqlite://', 'scheme', "':memory:'"],
  ['sqlite:app.db', 'scheme', "'sqlite:///app.db'"],
  ['sqlite:/abs/app.db', 'scheme', "'sqlite:////abs/app.db'"],
  ['sqlite::memory:', 'scheme', "':memory:'"],
  ['sqlite3://app.db', 'scheme', "'sqlite:///app.db'"],
  ['sqlite+pysqlite:///app.db', 'scheme', 'sqlite+pysqlite:', "'sqlite:///app.db'"],
  ['sqlite+aiosqlite://', 'scheme', "':memory:'"],
  ['jdbc:sqlite:app.db', 'scheme', "'sqlite:///app.db'"],
  ['memory:', 'scheme', "':memory:'"],
  ['memory://', 'scheme', "':memory:'"],
  ['notes:2024.db', 'scheme', "'./'"],
  ['sqlite:///http://example.org', 'scheme', 'http:'],
  ['sqlite:///FILE:x?uri=false', 'scheme', 'FILE:'],

  ['sqlite://app.db', 'form', 'app.db', 'host', "'sqlite:///app.db'"],
  ['sqlite://localhost/app.db', 'form', "'sqlite:///app.db'"],
  ['sqlite://:memory:', 'form', "'sqlite:///:memory:'"],
  [
    'sqlite:///file::memory:?cache=shared',
    'form',
    'uri=true',
    "'sqlite:///file::memory:?cache=shared&uri=true'",
  ],
  ['sqlite:///file:app.db', 'form', "'sqlite:///file:app.db?uri=true'"],
  ['sqlite:///file:app.db?uri=no', 'form', 'uri=true'],
  ['sqlite:///app.db?mode=ro', 'form', 'mode=ro', "'sqlite:///file:app.db?mode=ro&uri=true'"],
  ['sqlite:///app.db?uri=true', 'form', "'sqlite:///file:app.db?uri=true'"],
  ['sqlite:///:memory:?cache=shared', 'form', "'sqlite:///file::memory:?cache=shared&uri=true'"],
  ['sqlite://?cache=shared', 'form', "'sqlite:///file::memory:?cache=shared&uri=true'"],
  ['sqlite:///file:x?uri=maybe', 'value', 'uri=maybe', 'true or false'],
  ['sqlite:///file:x?uri=true&uri=true', 'value', 'more than once'],

  ['file://app.db', 'authority', 'app.db', "'file:app.db'"],
  ['file://host/app.db', 'authority', 'host'],
  ['file://LOCALHOST/app.db', 'authority', "'file://localhost/app.db'"],
  ['file://?mode=memory', 'authority', '?mode=memory'],
  ['file://C:/app.db', 'authority', "'file:///C:/app.db'"],
  ['file://./app.db', 'authority', "'file:./app.db'"],
  [new URL('file://host/app.db'), 'authority', 'host'],
  ['sqlite:///file://host/x?uri=true', 'authority', 'host'],

  ['file:/data/c#/app.db', 'fragment', '#/app.db', "'file:/data/c%23/app.db'"],
  ['file:app.db#', 'fragment', "'file:app.db%23'"],
  ['file:c#/a#.db?mode=ro', 'fragment', "'file:c%23/a%23.db?mode=ro'"],
  ['file:app.db#?mode=ro', 'fragment', "'file:app.db%23?mode=ro'"],
  ['file:app.db?mode=ro#top', 'fragment', "'file:app.db?mode=ro'"],
  ['file:c#/app.db?mode=ro#top', 'fragment', "'file:c%23/app.db?mode=ro'"],
  ['sqlite:///file:c#.db?uri=true', 'fragment', "'sqlite:///file:c%23.db?uri=true'"],
  [new URL('file:///abs/app.db#top'), 'fragment', '#top', "'file:///abs/app.db%23top'"],

  ['file:app.db?mode=readonly', 'mode', 'mode=readonly', 'ro, rw, rwc or memory'],
  ['file:app.db?mode=RO', 'mode', "'mode=ro'"],
  ['file:app.db?mode=mem', 'mode', 'mode=mem'],
  ['file:app.db?mode=memroy', 'mode', "'mode=memory'"],
  ['file:app.db?mode', 'mode', 'no such access mode'],
  ['file:app.db?mode=ro&mode=rwc', 'mode', 'not allowed', "'mode=ro' before it"],
  ['file:app.db?mode=rw&mode=rwc', 'mode', 'not allowed'],
  ['file:app.db?cache=share', 'cache', "'cache=shared'"],
  ['file:app.db?cache=', 'cache', 'no such cache mode'],

  ['file:app.db?mod=ro', 'parameter', "unknown parameter 'mod'", "Did you mean 'mode'?"],
  ['file:app.db?Mode=ro', 'parameter', "'mode'"],
  ['file:app.db?chache=shared', 'parameter', "'cache'"],
  ['file:app.db?immutible=1', 'parameter', "'immutable'"],
  ['file:app.db?amp;mode=ro', 'parameter', 'amp;mode'],
  ['file:app.db?uri=true', 'parameter', 'uri'],
  ['file:app.db?mode=ro&amp;cache=shared', 'parameter', 'amp;cache'],
  ['file:app.db?journal_mode=wal', 'parameter', '`pragmas`'],
  ['file:app.db?readonly=true', 'parameter', 'mode=ro'],
  ['sqlite:///app.db?check_same_thread=false', 'parameter', 'connectArgs.checkSameThread'],
  ['sqlite:///app.db?timeout=30', 'parameter', 'connectArgs.timeout', 'milliseconds'],
  ['sqlite:///app.db?isolation_level=IMMEDIATE', 'parameter', 'transactionMode'],
  ['sqlite:///app.db?detect_types=3', 'parameter', 'detect_types'],
  ['sqlite:///app.db?cached_statements=0', 'parameter', 'connectArgs.statementCacheSize'],
  ['sqlite:///file:x?mode=memory&uri=true&check_same_thread=0', 'parameter', 'connectArgs.checkSameThread'],
  ['app.db?mode=ro', 'parameter', "'file:app.db?mode=ro'"],
  ['./a b%.db?cache=shared&immutable', 'parameter', "'file:./a b%25.db?cache=shared&immutable'"],
  ['app.db?timeout=5', 'parameter', 'connectArgs.timeout'],
  ['app.db?connection_limit=1', 'parameter', 'poolSize'],
  ['what?a=b.db', 'parameter', '%3F'],

  ['file:app.db?immutable', 'value', "'immutable=1'"],
  ['file:app.db?immutable=', 'value', "'immutable=1'"],
  ['file:app.db?nolock=maybe', 'value', 'nolock=maybe'],
  ['file:app.db?psow=99999999999', 'value', 'psow'],
  ...['xon', 'ones', 'untrue', 'truest', 'xoff', 'offset', 'falsehood'].map(
    (value) => [`file:app.db?nolock=${value}`, 'value', `nolock`] as const,
  ),
  ['sqlite:///file:x?uri', 'value', 'true or false', "'uri=true'"],
  ['sqlite:///file:x?uri=truest', 'value', 'true or false'],
  ['sqlite:///file:x?uri=nobody', 'value', 'true or false'],
  ['file:app.db?vfs=', 'value', "'vfs' needs a value"],
  ['file:app.db?modeof', 'value', 'modeof'],

  ['app\0.db', 'encoding', 'NUL', String.raw`app\u0000.db`],
  ['file:app.db\0', 'encoding', 'NUL'],
  ['file:app%00.db', 'encoding', 'NUL', 'app%00.db'],
  ['file:app.db?mode=ro%00', 'encoding', 'NUL'],
  ['file:app.db?mo%00de=ro', 'encoding', 'NUL'],
  ['file:a%41%00b', 'encoding', 'NUL'],
  ['file:a%FF.db', 'encoding', '%FF', 'UTF-8'],
  ['file:%ED%A0%80', 'encoding', 'UTF-8'],
  ['a\ud800.db', 'encoding', String.raw`a\ud800.db`],
  [new URL('sqlite:///a b.db'), 'encoding', 'Pass a string'],

  [':memory', 'name', "':memory:'"],
  [':Memory:', 'name', "':memory:'"],
  [':MEMORY:', 'name', "':memory:'"],
  [':memory: ', 'name', "':memory:'", 'white space'],
  [' :memory:', 'name', 'white space'],
  [':mem:', 'name', "':memory:'"],
  [':name', 'name', 'colon', './'],
  [':memory:?cache=shared', 'parameter', "'file::memory:?cache=shared'"],
  ['sqlite:///:memory', 'name', "':memory:'"],
  ['file::memory', 'name', "'file::memory:'"],
  ['file::Memory:?cache=shared', 'name', "'file::memory:'"],
  [new URL('file::memory:'), 'name', 'URL object', "'file::memory:'"],
  ['./:memory:', 'name', 'on disk'],
  ['./memory:', 'name', 'on disk'],
  ['./ :memory', 'name', 'on disk'],
  ['dir/:memory:/', 'name', 'on disk'],
  ['dir/:memory:/.', 'name', 'on disk'],
  ['dir/:memory:/y/..', 'name', 'on disk'],
  ['dir\\file:x', 'name', "('file:x')"],
  ['   ', 'name', 'white space', "':memory:'"],
  [' file:app.db', 'name', 'white space', "'file:app.db'"],
  ['app.db ', 'name', 'white space', "'app.db'", "'file:app.db%20'"],
  ['app.db\n', 'name', 'white space', "'app.db'", "'file:app.db%0A'"],
  ['app.db\u00a0', 'name', 'white space', "'app.db'", "'file:app.db%C2%A0'"],
  ['\ufeffapp.db', 'name', 'white space', "'app.db'"],
  ['file:app.db?mode=ro\r\n', 'name', 'white space', "'file:app.db?mode=ro'"],
  ['sqlite:///app.db\n', 'name', 'white space', "'sqlite:///app.db'"],
  [' postgres://host/db', 'scheme', 'postgres:'],
  ['file:app.db?mod=ro ', 'parameter', "unknown parameter 'mod'"],
  ['a\nb.db', 'name', 'control character', "'file:a%0Ab.db'"],
  ['file:a\tb.db?mode=ro', 'name', 'control character', "'file:a%09b.db?mode=ro'"],
  ['sqlite:///a\u007fb#c.db', 'name', 'control character', "'file:a%7Fb%23c.db'"],

  ['undefined', 'name', 'missing', "'file:%75ndefined'"],
  ['null', 'name', 'missing', "'file:%6Eull'"],
  ['NaN', 'name', 'missing'],
  ['./undefined', 'name', 'missing', "'file:./%75ndefined'"],
  ['/data/undefined.db', 'name', 'missing', "'file:/data/%75ndefined.db'"],
  ['C:\\data\\null', 'name', 'missing'],
  ['file:undefined', 'name', 'missing', "'file:%75ndefined'"],
  ['file:undefined?mode=memory&cache=shared', 'name', 'missing'],
  ['sqlite:///undefined', 'name', 'missing', "'file:%75ndefined'"],
  ['[object Object]', 'name', 'turned into the string', "'file:%5Bobject Object]'"],
  ['/data/[object Promise].db', 'name', 'turned into the string', '[object Promise]'],
  ['${DB}', 'name', 'replaced', "'file:%24{DB}'"],
  ['file:/data/${DB}?mode=ro', 'name', '${DB}', "'file:/data/%24{DB}?mode=ro'"],
  ['sqlite:///${DB}', 'name', '${DB}'],
  ['$DB', 'name', '$DB'],
  ['/data/$DB_NAME', 'name', '$DB_NAME'],
  ['file:$DB?mode=ro', 'name', '$DB'],
  ['{{ db.path }}', 'name', '{{ db.path }}'],
  ['%DB%', 'name', '%DB%', "'file:%25DB%25'"],
  ['%APPDATA%\\app.db', 'name', '%APPDATA%'],
  ['/data/%DB%', 'name', '%DB%', "'file:/data/%25DB%25'"],
  ['file:%DB%?mode=ro', 'name', '%DB%', "'file:%25DB%?mode=ro'"],
  ['sqlite:///%DB%', 'name', '%DB%'],
  ['{url}', 'name', '{url}', "'file:%7Burl}'"],
  ['/data/{tenant.name}.db', 'name', '{tenant.name}'],
  ['#{db}', 'name', '{db}'],
  ['{0}.db', 'name', '{0}'],
  ['<path>', 'name', '<path>', "'file:%3Cpath>'"],
  ['file:/data/<your name>.db', 'name', '<your name>', "'file:/data/%3Cyour name>.db'"],
  ['<%= db %>', 'name', '<%= db %>'],
  ['true', 'name', 'boolean', "'./true'"],
  ['False', 'name', 'boolean', "'./False'"],
  ['file:true', 'name', 'boolean', "'./true'"],
  ['sqlite:///true', 'name', 'boolean', "'./true'"],
  ['Data Source=app.db', 'name', "'Data Source='", "'file:%44ata Source=app.db'"],
  ['DATABASE_URL=file:app.db', 'name', "'DATABASE_URL='"],
  ['~/app.db', 'name', 'os.homedir()', "'file:%7E/app.db'"],
  ['file:~/app.db', 'name', 'os.homedir()'],
  ['sqlite:///~/app.db', 'name', 'os.homedir()'],
  ['"app.db"', 'name', 'quotes', "'app.db'"],
  ["'file:app.db?mode=ro'", 'name', 'quotes', "'file:app.db?mode=ro'"],
  ['`:memory:`', 'name', 'quotes', "':memory:'"],
  ['file:file%3Ax', 'name', 'file:x'],
  ['file:file:x', 'name', 'file:x'],
  ['file:///tmp/sqlite:x', 'name', 'sqlite:x'],
  ['file:/tmp/FILE%3ay', 'name', 'FILE:y'],
  ['./file:x', 'name', 'file:x'],
  ['dir/sqlite:x/', 'name', 'sqlite:x'],
  ['dir/file:x/./', 'name', 'file:x'],
  ['dir/file:x/y/..', 'name', 'file:x'],
  ['sqlite:///./file:x', 'name', 'file:x'],
  ['sqlite:///sqlite:///x', 'scheme', 'sqlite:'],
  ['sqlite:///file:%66ile:x?uri=true', 'name', 'file:x'],
  ['data/', 'name', 'directory'],
  ['file:///', 'name', 'directory'],
  ['..', 'name', 'directory'],
  ['sqlite:////abs/.', 'name', 'directory'],
  [String.raw`file:\x?vfs=memdb`, 'name', 'backslash'],

  ['file::memory:?mode=ro', 'conflict', 'mode=ro'],
  ['file:?mode=ro', 'conflict', 'mode=ro'],
  ['file:?cache=shared', 'conflict', "'file::memory:?cache=shared'"],
  ['file:?mode=memory&cache=shared', 'conflict', 'without a name'],
  ['file:/?vfs=memdb&cache=shared', 'conflict', 'without a name'],
  ['file:x?mode=memory&vfs=unix', 'conflict', 'vfs=unix'],
  ['file:/x?vfs=memdb&immutable=1', 'conflict', 'immutable'],
  ['file:/x?vfs=memdb&nolock=1', 'conflict', 'nolock'],
  ['file::memory:?immutable=1', 'conflict', 'immutable'],
  ['file:?immutable=1', 'conflict', 'immutable'],
]

function faultOf(url: unknown): SqliteUrlError {
  try {
    parseSqliteUrl(url as string)
  } catch (error) {
    if (error instanceof SqliteUrlError) return error
    throw error
  }
  throw new Error(`${String(url)} was accepted`)
}

function reasonOf(url: string): SqliteUrlError['reason'] | 'valid' {
  try {
    parseSqliteUrl(url)
    return 'valid'
  } catch (error) {
    return (error as SqliteUrlError).reason
  }
}

describe('a URL at fault is refused', () => {
  test.each(faults)('%s is refused for its %s', (url, reason, ...texts) => {
    const error = faultOf(url)
    expect(error).toBeInstanceOf(DialectError)
    expect(error.name).toBe('SqliteUrlError')
    expect(error.code).toBe('POOLCLASS_URL')
    expect(error.reason).toBe(reason)
    expect(error.part).not.toBe('')
    const [beforeTheForms] = error.message.split('\nValid forms are:')
    for (const text of texts) expect(beforeTheForms).toContain(text)
    expect(error.message).toContain('file::memory:?cache=shared')
    expect(error.message).toContain(error.url)
  })

  test.each(faults.filter(([url]) => /^[\w:/.#%-]+$/.test(String(url))))(
    'the message for %s shows all of it',
    (url) => {
      expect(faultOf(url).message).toContain(String(url))
    },
  )

  test.each(
    faults
      .map(([url, reason]) => [faultOf(url).didYouMean ?? '', reason] as const)
      .filter(([proposal]) => /^(?:file|sqlite)?:/.test(proposal)),
  )('the proposal %s is valid, or at fault for another reason than %s', (proposal, reason) => {
    expect(reasonOf(proposal)).not.toBe(reason)
  })

  test.each([
    ['memory:', ':memory:'],
    ['sqlite:', ':memory:'],
    ['sqlite:memory', ':memory:'],
    ['sqlite3:///memory:', ':memory:'],
    ['sqlite:memory.db', 'sqlite:///memory.db'],
    ['sqlite:my:memory:', 'sqlite:///my:memory:'],
    ['sqlite:a//b', 'sqlite:///a//b'],
    ['SQLITE:////abs/app.db', 'sqlite:////abs/app.db'],
    ['sqlite+aiosqlite:app.db', 'sqlite:///app.db'],
    ['jdbc:sqlite:app.db', 'sqlite:///app.db'],
    ['jdbc:sqlite::memory:', ':memory:'],
    ['jdbc:postgresql:app', undefined],
    ['jdbc:my-sqlite:app', undefined],
    ['ftp:sqlite:app.db', undefined],
    ['mysqlite:app.db', undefined],
    ['sqlites:app.db', undefined],
    ['FILE:user@x', undefined],
    ['sqlite://memory', 'sqlite:///:memory:'],
    ['sqlite://memory.db', 'sqlite:///memory.db'],
    ['sqlite://my:memory:', 'sqlite:///my:memory:'],
    ['sqlite://localhost/app.db', 'sqlite:///app.db'],
    ['sqlite://dir/localhost/app.db', 'sqlite:///dir/localhost/app.db'],
    ['sqlite://user@host/app.db', undefined],
    ['file://xc:/app.db', 'file:xc:/app.db'],
    ['file://c:d/app.db', 'file:c:d/app.db'],
    ['file:app.db?mode=rvc', 'mode=rwc'],
    ['file:app.db?mode=nonsense', undefined],
    ['file:app.db?cache=privat', 'cache=private'],
    ['file:app.db?uri=true', undefined],
    ['file:?cache=shared', 'file::memory:?cache=shared'],
    [String.raw`file:\x?vfs=memdb`, 'file:/name?vfs=memdb'],
    ['app.db?mode=ro', 'file:app.db?mode=ro'],
    ['app.db?mode=ro&tag=x', undefined],
    ['   ', ':memory:'],
    [' :memory:', ':memory:'],
    ['./:memory:', ':memory:'],
    ['file:./:memory:', 'file::memory:'],
    [':mem', ':memory:'],
    [':a:mem', undefined],
  ])('for %j the proposal is %j', (url, proposal) => {
    const error = faultOf(url)
    expect(error.didYouMean).toBe(proposal)
    expect(error.message.includes('Did you mean')).toBe(proposal !== undefined)
  })

  test.each([
    ['file:app.db?immutable', 'immutable'],
    ['file:app.db?immutable=maybe', 'immutable=maybe'],
    ['file:app.db?mode=nonsense', 'mode=nonsense'],
    ['file://user:pw@host/app.db', 'user:***@host'],
    ['postgres://user@host/db', 'postgres:'],
    ['data/', 'data/'],
  ])('the part of %s at fault is %s', (url, part) => {
    expect(faultOf(url).part).toBe(part)
  })

  test.each<[string | URL, string]>([
    ['postgres://user:pw@host/db', 'postgres://user:***@host/db'],
    ['postgres://user:p@w/x@host/db', 'postgres://user:***@host/db'],
    ['mysql://:pw@host', 'mysql://:***@host'],
    ['sqlite://user:pw@host/app.db', 'sqlite://user:***@host/app.db'],
    ['file://user:pw@host/app.db', 'file://user:***@host/app.db'],
    ['SQLITE://user:pw@host/app.db', 'SQLITE://user:***@host/app.db'],
    ['libsql://host?authToken=pw&tsl=0', 'libsql://host?authToken=***&tsl=0'],
    ['libsql://host?token=pw', 'libsql://host?token=***'],
    ['app.db?key=pw', 'app.db?key=***'],
    ['sqlite:///app.db?key=pw', 'sqlite:///app.db?key=***'],
    ['sqlite:///file:app.db?key=pw', 'sqlite:///file:app.db?key=***'],
    ['FILE:app.db?key=pw', 'FILE:app.db?key=***'],
    ['file:app.db?mode=ro&key=pw', 'file:app.db?mode=ro&key=***'],
    ['postgres:user:pw@host', 'postgres:user:***@host'],
    ...[
      'api_key',
      'apikey',
      'apiKey',
      'access_token',
      'auth_token',
      'x-api-key',
      'jwt',
      'passphrase',
      'passwd',
      'pwd',
      'client_secret',
      'credentials',
      'auth',
      'signature',
      'KEY',
      'hexkey',
      'encryption_key',
      'k%65y',
    ].flatMap((name): [string, string][] => [
      [`libsql://host?${name}=pw`, `libsql://host?${name}=***`],
      [`file:app.db?mode=ro&${name}=pw#x`, `file:app.db?mode=ro&${name}=***#x`],
      [`app.db?a=b?${name}=p?w`, `app.db?a=b?${name}=***`],
    ]),
    ['libsql://host/db#access_token=pw', 'libsql://host/db#access_token=***'],
    ['Data Source=app.db;Password = pw', 'Data Source=app.db;Password =***'],
    ['"libsql://host?token=pw"', '"libsql://host?token=***'],
    ['libsql://host?token=pw\n', 'libsql://host?token=***'],
    ['app.db?token=pw&x=${DB}', 'app.db?token=***&x=${DB}'],
    ['sqlite:///postgres://user:pw@host', 'sqlite:///postgres:***@host'],
    ['sqlite+pysqlite://user:pw@host/app.db', 'sqlite+pysqlite://user:***@host/app.db'],
    [new URL('postgres://user:pw@host/db'), 'postgres://user:***@host/db'],
  ])('no password of %s gets into the error', (url, shown) => {
    const error = faultOf(url)
    expect(error.message).toContain(`'${shown}'`)
    expect(JSON.stringify({ ...error, message: error.message })).not.toMatch(/\bp[@?]?w\b/)
  })
})
