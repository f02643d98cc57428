import { type PoolClassName, PooledSqliteDialect } from '@poolclass/dialect'
import BetterSqlite3, { type Database } from 'better-sqlite3'
import { type Generated, Kysely, SqliteDialect } from 'kysely'
import { join } from 'node:path'
import { bareDialect, bareDialectWithHandles, bareDialectWithoutPool } from './bare-dialect.ts'

interface Tables {
  person: { id: Generated<number>; name: string; email: string; age: number; score: number }
}

export type Db = Kysely<Tables>

/** Where the data is, and with which pragmas: the same for all contestants of a trial. */
export type Place = 'memory' | 'WAL file' | 'file'

const PRAGMAS: Record<Place, Record<string, string>> = {
  memory: {},
  'WAL file': { journal_mode: 'wal', synchronous: 'normal' },
  file: { journal_mode: 'delete', synchronous: 'normal' },
}

export function fileIn(folder: string): string {
  return join(folder, 'bench.db')
}

/** A better-sqlite3 handle with the place's pragmas, for those who bring their own. */
export function openDatabase(place: Place, folder: string): Database {
  const database = new BetterSqlite3(place === 'memory' ? ':memory:' : fileIn(folder))
  for (const [name, value] of Object.entries(PRAGMAS[place])) database.pragma(`${name} = ${value}`)
  return database
}

export function kyselys(place: Place, folder: string): Db {
  return new Kysely({ dialect: new SqliteDialect({ database: openDatabase(place, folder) }) })
}

export function bare(place: Place, folder: string): Db {
  return new Kysely({ dialect: bareDialect(openDatabase(place, folder)) })
}

export function bareWithHandles(place: Place, folder: string): Db {
  return new Kysely({ dialect: bareDialectWithHandles(openDatabase(place, folder)) })
}

export function bareWithoutPool(folder: string): Db {
  return new Kysely({ dialect: bareDialectWithoutPool(() => new BetterSqlite3(fileIn(folder))) })
}

export function ours(place: Place, folder: string, poolclass: PoolClassName, pragmas = PRAGMAS[place]): Db {
  const url = place === 'memory' ? ':memory:' : fileIn(folder)
  return new Kysely({ dialect: new PooledSqliteDialect({ url, poolclass, pragmas }) })
}
