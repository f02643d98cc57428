import BetterSqlite3, { type Database } from 'better-sqlite3'
import { fileName, type Place, pragmaStatements } from './place.ts'

/** A better-sqlite3 handle with the place's pragmas, for those who bring their own. */
export function openDatabase(place: Place, folder: string): Database {
  const database = new BetterSqlite3(fileName(place, folder))
  for (const statement of pragmaStatements(place)) database.exec(statement)
  return database
}
