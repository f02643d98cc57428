import type { MigrationLockOptions } from 'kysely'
import type { ResolvedConfig } from '../../config/resolved-config.ts'
import type { DriverDatabase, SqliteErrorFactory } from '../driver.ts'
import { sqliteError } from './answered-error.ts'
import { LogPosition } from './log-position.ts'
import type { Server } from './server.ts'
import type { ServerConnection } from './server-connection.ts'

/** The database of a libSQL server. */
export class ServerDatabase implements DriverDatabase {
  readonly error: SqliteErrorFactory = sqliteError
  readonly readsUris = false
  readonly freshness: LogPosition
  readonly #config: ResolvedConfig
  readonly #url: string
  #loaded: Server | undefined

  constructor(config: ResolvedConfig) {
    const { server } = config
    if (server === undefined) throw new Error('bug: the driver of servers was chosen for another location')
    this.freshness = new LogPosition(server.readYourWrites)
    this.#config = config
    this.#url = server.url
  }

  /** Loads no package, because the driver needs none. */
  async load(): Promise<void> {
    if (this.#loaded === undefined) {
      const { Server } = await import(/* webpackMode: "eager" */ './server.ts')
      this.#loaded ??= new Server(this.#config, this.freshness)
    }
    this.#loaded.begin()
  }

  version(): undefined {}

  hold(): void {}

  /** Writers wait in one line, because a server comes to a standstill if many write at the same time. */
  writersShare(): string {
    return `server ${this.#url}`
  }

  open(label: string): ServerConnection {
    return this.#server.open(label)
  }

  openUnwatched<T>(open: () => T): T {
    return open()
  }

  watch(): void {}

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
    await this.load()
    return await this.#server.lockMigrations(options)
  }

  async end(): Promise<void> {
    await this.#loaded?.end()
  }

  release(): void {}

  get #server(): Server {
    if (this.#loaded === undefined) throw new Error('bug: the driver of servers is not loaded')
    return this.#loaded
  }
}

function notInMemory(): Error {
  return new Error('bug: a server was taken for memory')
}
