import Libsql from 'libsql'
import { fileName, pragmaStatements } from '../../place.ts'
import { type SyncDatabase, syncClient } from '../client.ts'
import type { Open } from './contestant.ts'

export const open: Open = async (place, folder) =>
  syncClient(place, () => {
    const database = new Libsql(fileName(place, folder))
    for (const statement of pragmaStatements(place)) database.exec(statement)
    return database as unknown as SyncDatabase
  })
