import { openDatabase } from '../../open-database.ts'
import { type SyncDatabase, syncClient } from '../client.ts'
import type { Open } from './contestant.ts'

export const open: Open = async (place, folder) =>
  syncClient(place, () => openDatabase(place, folder) as SyncDatabase)
