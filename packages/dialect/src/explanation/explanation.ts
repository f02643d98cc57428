import type { SqliteLocation } from '../url/sqlite-location.ts'

/** What a config means, as plain data that survives JSON. All sentences are for people and may change. */
export interface Explanation {
  /** What the URL names. Absent where it is no URL of a database. */
  readonly location?: SqliteLocation
  /** What is opened. */
  readonly opens?: string
  /** The files that appear on disk, and when. */
  readonly onDisk?: readonly string[]
  /** The pool class, and how many connections it has. Absent where the config cannot work. */
  readonly pool?: ExplainedPool
  /** Who waits for whom. */
  readonly locks?: readonly string[]
  /** What SQLAlchemy does with the same URL. */
  readonly sqlalchemy?: string
  readonly otherThread?: string
  readonly otherProcess?: string
  /** Why the config cannot work. */
  readonly error?: ExplainedError
}

export interface ExplainedPool {
  /** The name of the class. */
  readonly name: string
  readonly chosenBy: 'config' | 'url'
  /** Why it is this class. */
  readonly because: string
  /** The most connections that can be open; null where there is no limit. */
  readonly connections: number | null
  /** How many of them stay open when they are idle; null where there is no limit. */
  readonly kept: number | null
  /** How connections are opened, lent and closed. */
  readonly policy: string
  /** Worker threads that hold the connections; 0: the calling thread does. */
  readonly threads: number
}

export interface ExplainedError {
  readonly name: string
  readonly code: string
  readonly message: string
  /** The address of its heading in the documentation. */
  readonly docs: string
  /** Something valid that is near. */
  readonly didYouMean?: string
}
