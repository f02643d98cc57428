import {
  parseSqliteUrl,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
  poolClassFor,
} from '@poolclass/dialect'
import { expect, test } from 'vitest'
import { thrownBy } from '../support/statements.ts'

test.each<[string | URL, string]>([
  ['libsql://db-me.turso.io', 'https://db-me.turso.io'],
  ['libsql://db-me.turso.io/', 'https://db-me.turso.io'],
  ['libsql://db-me.turso.io?authToken=secret', 'https://db-me.turso.io'],
  ['libsql://127.0.0.1:8080?tls=0', 'http://127.0.0.1:8080'],
  ['libsql://host:8443?tls=1', 'https://host:8443'],
  ['https://host', 'https://host'],
  ['https://host:443/', 'https://host'],
  ['https://HOST/base/path/?tls=1', 'https://host/base/path'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['http://[::1]:8080?tls=0', 'http://[::1]:8080'],
  [new URL('libsql://db-me.turso.io'), 'https://db-me.turso.io'],
])('%s is the server %s, with QueuePool', (written, url) => {
  const location = parseSqliteUrl(written)
  expect(location).toEqual({ kind: 'server', url })
  expect(Object.isFrozen(location)).toBe(true)
  expect(poolClassFor(location).name).toBe('QueuePool')
})

test.each([
  ['libsql:host', 'authority'],
  ['libsql://', 'authority'],
  ['https:///path', 'authority'],
  ['libsql://user:s3cret@host', 'authority'],
  ['libsql://host?tls=0', 'authority'],
  ['libsql://host:1?tls=yes', 'value'],
  ['https://host?tls=0', 'conflict'],
  ['http://host:80?tls=1', 'conflict'],
  ['libsql://host?authToken=s3cret&authToken=s3cret', 'conflict'],
  ['libsql://host?vfs=unix', 'parameter'],
  ['libsql://host?auth_token=s3cret', 'parameter'],
  ['libsql://host#x', 'fragment'],
])('%s is refused because of its %s, and shows no secret', (url, reason) => {
  const error = thrownBy(() => parseSqliteUrl(url))
  expect(error).toMatchObject({ name: 'SqliteUrlError', reason })
  expect(JSON.stringify(error) + error.message + error.stack).not.toContain('s3cret')
})

const url = 'http://127.0.0.1:8080'

test.each<[PooledSqliteDialectConfig, string]>([
  [{ url, threads: 2 }, 'threads'],
  [{ url, pragmas: { foreign_keys: true } }, 'pragmas'],
  [{ url, extensions: ['x.so'] }, 'extensions'],
  [{ url, key: 's3cret' }, 'key'],
  [{ url, creator: () => undefined as never }, 'creator'],
  [{ url, connectArgs: { fileMustExist: true } }, 'connectArgs.fileMustExist'],
  [{ url, connectArgs: { statementCacheSize: 5 } }, 'connectArgs.statementCacheSize'],
  [{ url, driver: 'node:sqlite' }, 'driver'],
  [{ url: 'app.db', driver: 'libsql-server' }, 'driver'],
  [{ url: 'app.db', connectArgs: { authToken: 's3cret' } }, 'connectArgs.authToken'],
  [{ url: 'app.db', connectArgs: { replicas: [url] } }, 'connectArgs.replicas'],
  [{ url, connectArgs: { authToken: 's3 cret' } }, 'connectArgs.authToken'],
  [{ url, connectArgs: { authToken: '' } }, 'connectArgs.authToken'],
  [{ url: `${url}?authToken=s3cret`, connectArgs: { authToken: 's3cret' } }, 'connectArgs.authToken'],
  [{ url: 'http://example.org', connectArgs: { authToken: 's3cret' } }, 'connectArgs.authToken'],
  [{ url, connectArgs: { authToken: 's3cret', replicas: ['http://example.org'] } }, 'connectArgs.authToken'],
  [{ url, connectArgs: { replicas: [`${url}?authToken=s3cret`] } }, 'connectArgs.replicas[0]'],
  [{ url, connectArgs: { replicas: url as never } }, 'connectArgs.replicas'],
  [{ url, connectArgs: { headers: { 'a b': 's3cret' } } }, 'connectArgs.headers'],
  [{ url, connectArgs: { headers: { a: 's3cret\n' } } }, 'connectArgs.headers'],
  [{ url, connectArgs: { requestTimeout: -1 } }, 'connectArgs.requestTimeout'],
  [{ url, connectArgs: { readYourWrites: 'no' as never } }, 'connectArgs.readYourWrites'],
])('the config %# of a server is refused because of %s, and shows no secret', (config, key) => {
  const error = thrownBy(() => new PooledSqliteDialect(config))
  expect(error).toMatchObject({ name: 'DialectConfigError', key })
  expect(JSON.stringify(error) + error.message + error.stack).not.toContain('s3cret')
})

test.each([
  { url: 'libsql://host', connectArgs: { authToken: 'token' } },
  { url: 'http://127.0.0.1:8080?authToken=token' },
  { url: 'http://localhost:8080', connectArgs: { authToken: 'token' } },
  { url: 'http://example.org', connectArgs: { authToken: 'token', tokenWithoutTls: true } },
  {
    url,
    driver: 'libsql-server',
    threads: 0,
    pragmas: null,
    connectArgs: { authToken: null, replicas: null },
  },
])('the config %o is one of a server', (config) => {
  const { location, pool } = new PooledSqliteDialect(config)
  expect(location.kind).toBe('server')
  expect(JSON.stringify(location)).not.toContain('token')
  expect(pool.status().poolclass).toBe('QueuePool')
})
