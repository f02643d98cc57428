import type { Place } from '../place.ts'

export const PLACE_NAMES: Readonly<Record<Place, string>> = {
  memory: 'private memory',
  'shared memory': 'shared memory',
  'WAL file': 'WAL file',
  file: 'rollback-journal file',
}
