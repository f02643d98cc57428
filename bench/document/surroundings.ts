import BetterSqlite3 from 'better-sqlite3'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, release, totalmem, type } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** On what it was measured. */
export interface Surroundings {
  /** ISO 8601, the day. */
  readonly day: string
  readonly processor: string
  readonly processors: number
  /** Bytes. */
  readonly memory: number
  readonly system: string
  readonly node: string
  /** Of each library, with that of the SQLite in it. */
  readonly versions: Readonly<Record<string, string>>
}

const SELECT_VERSION = 'select sqlite_version() as version'

export async function surroundings(): Promise<Surroundings> {
  return {
    day: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    memory: totalmem(),
    system: `${type()} ${release().split('.', 2).join('.')}`,
    node: process.versions.node,
    versions: {
      kysely: versionOf('kysely'),
      'kysely-generic-sqlite': versionOf('kysely-generic-sqlite'),
      'better-sqlite3': withSqlite(versionOf('better-sqlite3'), new BetterSqlite3(':memory:')),
      'node:sqlite': withSqlite(process.versions.node, new DatabaseSync(':memory:')),
      ...(await versionsOfOptional()),
    },
  }
}

/** Those whose addons may be missing here. */
async function versionsOfOptional(): Promise<Record<string, string>> {
  const [libsql, sqlite3] = await Promise.allSettled([import('libsql'), import('sqlite3')])
  return {
    libsql:
      libsql.status === 'fulfilled'
        ? withSqlite(versionOf('libsql'), new libsql.value.default(':memory:') as unknown as DatabaseSync)
        : 'not installed',
    sqlite3:
      sqlite3.status === 'fulfilled'
        ? `${versionOf('sqlite3')} (SQLite ${sqlite3.value.default.VERSION})`
        : 'not installed',
  }
}

function withSqlite(version: string, database: BetterSqlite3.Database | DatabaseSync): string {
  const row = database.prepare(SELECT_VERSION).get() as { version: string }
  database.close()
  return `${version} (SQLite ${row.version})`
}

/** Its package.json need not be among its exports. */
function versionOf(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name))
  for (;;) {
    try {
      const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      if (found.name === name) return found.version
    } catch {}
    folder = dirname(folder)
  }
}
