import type { Entry } from '../lockstep/entrant.ts'
import type { Place } from '../place.ts'
import { cases } from './cases/index.ts'
import type { CaseEntry } from './enter-case.ts'
import type { ColdStartEntry } from './enter-cold-start.ts'
import type { MemoryEntry } from './enter-memory.ts'

export const PLACES: readonly Place[] = ['memory', 'shared memory', 'WAL file', 'file']

/** What the contestants are compared in. */
export interface Subject {
  readonly name: string
  readonly about: string
  readonly unit: 'nanoseconds' | 'bytes'
  /** Its id is the contestant's name. */
  entry(contestant: string, place: Place): Entry
}

export const subjects: readonly Subject[] = [
  ...cases.map(({ name, about }): Subject => ({
    name,
    about,
    unit: 'nanoseconds',
    entry: (contestant, place) => ({
      id: contestant,
      module: moduleUrl('enter-case.ts'),
      data: { name, contestant, place } satisfies CaseEntry,
    }),
  })),
  {
    name: 'cold start',
    about:
      'From the first import to the first row, in a new process: import, open, one query on an empty database.',
    unit: 'nanoseconds',
    entry: (contestant, place) => ({
      id: contestant,
      module: moduleUrl('enter-cold-start.ts'),
      data: { contestant, place } satisfies ColdStartEntry,
      isFresh: true,
    }),
  },
  {
    name: 'memory per connection',
    about:
      'By how much a process grows for each connection beyond the first, when it has read a table of 100,000 rows. ' +
      'QueuePool and NullPool lend all connections from ' +
      'one dialect; of the others, each is a dialect, or a driver’s handle, of its own. In private memory each has its own ' +
      'copy of the table.',
    unit: 'bytes',
    entry: (contestant, place) => ({
      id: contestant,
      module: moduleUrl('enter-memory.ts'),
      data: { contestant, place } satisfies MemoryEntry,
      isFresh: true,
    }),
  },
]

function moduleUrl(name: string): string {
  return new URL(name, import.meta.url).href
}
