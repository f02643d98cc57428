import type { MigrationLockOptions } from 'kysely'
import type { ResolvedConfig } from '../../config/resolved-config.ts'
import { Endpoint } from './endpoint.ts'
import type { LogPosition } from './log-position.ts'
import { MigrationLease } from './migration-lease.ts'
import { Replicas } from './replicas.ts'
import { ServerConnection } from './server-connection.ts'
import type { SharedServer } from './shared-server.ts'
import { SharedReads } from './shared-reads.ts'
import { StatementKinds } from './statement-kinds.ts'
import { Decoder } from './values.ts'

/** A libSQL server with its replicas. Loaded with the first query, because most programs use none. */
export class Server {
  readonly #shared: SharedServer

  constructor({ server, connectArgs }: ResolvedConfig, position: LogPosition) {
    const { url, replicas, headers, requestTimeout: timeout } = server!
    this.#shared = {
      primary: new Endpoint(url, { headers, timeout, isPatient: true }),
      replicas: new Replicas(
        replicas.map((each) => new Endpoint(each, { headers, timeout, isPatient: false })),
      ),
      position,
      kinds: new StatementKinds(),
      sharedReads: new SharedReads(),
      decoder: new Decoder(connectArgs.safeIntegers),
      readonly: connectArgs.readonly,
    }
  }

  begin(): void {
    this.#shared.primary.begin()
    this.#shared.replicas.begin()
  }

  open(label: string): ServerConnection {
    return new ServerConnection(this.#shared, label)
  }

  async lockMigrations(options: MigrationLockOptions): Promise<() => Promise<void>> {
    return await new MigrationLease(this.open('migration lock'), options).take()
  }

  async end(): Promise<void> {
    await Promise.all([this.#shared.primary.end(), this.#shared.replicas.end()])
  }
}
