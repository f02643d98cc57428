import BetterSqlite3, { type Database } from 'better-sqlite3'
import { join } from 'node:path'

/** Where the data is, and with which pragmas: the same for all contestants of a trial. */
export type Place = 'memory' | 'WAL file' | 'file'

export const PRAGMAS: Record<Place, Record<string, string>> = {
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
