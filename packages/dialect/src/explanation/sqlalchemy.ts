import type { SqliteLocation } from '../url/sqlite-location.ts'

/**
 * What SQLAlchemy does with a URL.
 *
 * Source: `SQLiteDialect_pysqlite.get_pool_class` and `_is_url_file_db` in `dialects/sqlite/pysqlite.py`, where version 1.4 has `NullPool`
 * for a file and version 2 `QueuePool`.
 */
export function sqlalchemyOf(url: string, location: SqliteLocation): string {
  const written = url.trim()
  if (written.startsWith('sqlite://')) return ofPool(written, location)
  const equivalent = equivalentOf(written, location)
  if (equivalent === undefined) return 'SQLAlchemy has no URL for this.'
  return `SQLAlchemy wants it as ${equivalent}. ${ofPool(equivalent, location)}`
}

function equivalentOf(url: string, location: SqliteLocation): string | undefined {
  if (url.startsWith('file:')) return `sqlite:///${url}${url.includes('?') ? '&' : '?'}uri=true`
  if (location.kind === 'memory') return 'sqlite://'
  return location.kind === 'file' ? `sqlite:///${location.path}` : undefined
}

function ofPool(url: string, location: SqliteLocation): string {
  const [database = '', query = ''] = url.slice('sqlite:///'.length).split('?')
  const isFile =
    database !== '' && database !== ':memory:' && new URLSearchParams(query).get('mode') !== 'memory'
  if (!isFile) return `It uses SingletonThreadPool, a connection for each thread${ofThreads(location)}.`
  return ['SQLAlchemy 2 uses QueuePool, and 1.4 NullPool.', ...TAKEN_FOR_A_FILE[location.kind]].join(' ')
}

function ofThreads({ kind }: SqliteLocation): string {
  return kind === 'shared-memory' ? ', and all of them share the database' : ''
}

const TAKEN_FOR_A_FILE: Readonly<Record<SqliteLocation['kind'], readonly string[]>> = {
  file: [],
  server: [],
  memory: ['They take this for a file, so each connection has an empty database of its own.'],
  temporary: ['They take this for a file, so each connection has an empty database of its own.'],
  'shared-memory': [
    'They take this for a file. With NullPool the data is gone whenever the last connection closes.',
  ],
}
