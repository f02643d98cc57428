import type { Endpoint } from './endpoint.ts'
import type { LogPosition } from './log-position.ts'
import type { Replicas } from './replicas.ts'
import type { SharedReads } from './shared-reads.ts'
import type { StatementKinds } from './statement-kinds.ts'
import type { Decoder } from './values.ts'

/** What the connections to one server have in common. */
export interface SharedServer {
  readonly primary: Endpoint
  readonly replicas: Replicas
  readonly position: LogPosition
  readonly kinds: StatementKinds
  readonly decoder: Decoder
  readonly sharedReads: SharedReads
  /** Connections only read. */
  readonly readonly: boolean
}
