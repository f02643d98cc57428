import type { MigrationLockOptions } from 'kysely'
import type { ResolvedConfig } from '../../config/resolved-config.ts'
import type { DriverDatabase, SqliteErrorFactory } from '../driver.ts'
import { sqliteError } from './answered-error.ts'
import { Endpoint } from './endpoint.ts'
import { LogPosition } from './log-position.ts'
import { MigrationLease } from './migration-lease.ts'
import { Replicas } from './replicas.ts'
import { ServerConnection } from './server-connection.ts'
import type { SharedServer } from './shared-server.ts'
import { SharedReads } from './shared-reads.ts'
import { StatementKinds } from './statement-kinds.ts'
import { Decoder } from './values.ts'

/** The database of a libSQL server. */
export class ServerDatabase implements DriverDatabase {
  readonly error: SqliteErrorFactory = sqliteError
  readonly readsUris = false
  readonly freshness: LogPosition
  readonly #url: string
  readonly #server: SharedServer

  constructor({ server, connectArgs }: ResolvedConfig) {
    if (server === undefined) throw new Error('bug: the driver of servers was chosen for another location')
    const { url, replicas, headers, readYourWrites, requestTimeout } = server
    const endpoint = (each: string): Endpoint => new Endpoint(each, headers, requestTimeout)
    this.freshness = new LogPosition(readYourWrites)
    this.#url = url
    this.#server = {
      primary: endpoint(url),
      replicas: new Replicas(replicas.map(endpoint)),
      position: this.freshness,
      kinds: new StatementKinds(),
      sharedReads: new SharedReads(),
      decoder: new Decoder(connectArgs.safeIntegers),
      readonly: connectArgs.readonly,
    }
  }

  /** Loads no package, because the driver needs none. */
  async load(): Promise<void> {
    this.#server.primary.begin()
    this.#server.replicas.begin()
  }

  version(): undefined {}

  hold(): void {}

  /** Writers wait in one line, because a server comes to a standstill if many write at the same time. */
  writersShare(): string {
    return `server ${this.#url}`
  }

  open(label: string): ServerConnection {
    return new ServerConnection(this.#server, label)
  }

  openApart(): undefined {}

  hasMoved(): boolean {
    return false
  }

  fillMemory(): never {
    throw notInMemory()
  }

  seedMemory(): never {
    throw notInMemory()
  }

  keepMemory(): never {
    throw notInMemory()
  }

  async lockMigrations(options: MigrationLockOptions): Promise<() => Promise<void>> {
    const lease = new MigrationLease(new ServerConnection(this.#server, 'migration lock'), options)
    return await lease.take()
  }

  async end(): Promise<void> {
    await Promise.all([this.#server.primary.end(), this.#server.replicas.end()])
  }

  release(): void {}
}

function notInMemory(): Error {
  return new Error('bug: a server was taken for memory')
}
