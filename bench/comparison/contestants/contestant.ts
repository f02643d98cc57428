import type { Place } from '../../place.ts'
import type { Client } from '../client.ts'

/** Opens a client. The data of a file is in `folder`, which is the contestant's own. */
export type Open = (place: Place, folder: string) => Promise<Client>

export const GROUPS = [
  'Poolclass',
  'Poolclass, one thread',
  'Kysely dialects',
  'drivers, without Kysely',
] as const
export type Group = (typeof GROUPS)[number]

export interface Contestant {
  readonly name: string
  readonly group: Group
  /** Imports what it needs, and nothing that only others need. */
  load(): Promise<Open>
  /** Whether one client lends several connections at once. */
  readonly lendsMany: boolean
}
