import type { DatabaseCreator } from '../config/database-creator.ts'
import type { ConfigPragma } from '../config/pragmas.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import { createdDatabase } from './created-database.ts'
import { LocalConnection } from './local-connection.ts'
import { openDatabase } from './open-database.ts'
import { setPragmas } from './set-pragmas.ts'

/** All that it takes to open a connection, as data that can travel to another thread. */
export interface Opening {
  readonly location: SqliteLocation
  /** As `OpenTarget` has it. */
  readonly filename: string
  readonly readonly: boolean
  readonly fileMustExist: boolean
  readonly safeIntegers: boolean
  readonly statementCacheSize: number
  readonly pragmas: readonly ConfigPragma[]
}

/** Opens one connection in the calling thread and sets its pragmas, all of it or nothing. */
export function openLocalConnection(
  opening: Opening,
  label: string,
  creator: DatabaseCreator | undefined,
): LocalConnection {
  const database = creator === undefined ? openDatabase(opening) : createdDatabase(creator, opening)
  try {
    if (opening.safeIntegers) database.defaultSafeIntegers(true)
    setPragmas(database, opening.pragmas)
  } catch (error) {
    database.close()
    throw error
  }
  return new LocalConnection(database, label, opening.statementCacheSize)
}
