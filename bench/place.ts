import { join } from 'node:path'

/** Where the data is, and with which pragmas: the same for all contestants of a trial. */
export type Place = 'memory' | 'shared memory' | 'WAL file' | 'file'

export const PRAGMAS: Record<Place, Record<string, string>> = {
  memory: {},
  'shared memory': {},
  'WAL file': { journal_mode: 'wal', synchronous: 'normal' },
  file: { journal_mode: 'delete', synchronous: 'normal' },
}

export function fileIn(folder: string): string {
  return join(folder, 'bench.db')
}

/** What SQLite is told to open. */
export function fileName(place: Place, folder: string): string {
  if (place === 'memory') return ':memory:'
  return place === 'shared memory' ? 'file:/bench?vfs=memdb' : fileIn(folder)
}

/** The place's pragmas as SQL, for those who have no other way to set them. */
export function pragmaStatements(place: Place): string[] {
  return Object.entries(PRAGMAS[place]).map(([name, value]) => `pragma ${name} = ${value}`)
}
