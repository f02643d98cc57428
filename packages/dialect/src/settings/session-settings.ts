import { quoted } from '../connection/identifier.ts'
import type { Connection } from '../connection/connection.ts'
import { isBusy } from '../waiting/busy.ts'
import { SettingReplayError } from '../errors/settings-errors.ts'
import { attachedFiles } from './attachment.ts'
import type { Attachment, SessionChanges, Setting } from './session-changes.ts'

/** What keeps a database in memory alive. */
export interface Keeper {
  close(): unknown
}

interface KeptSetting extends Setting {
  readonly replay: NonNullable<Setting['replay']>
  readonly version: number
  readonly keeper: Keeper | undefined
}

/**
 * What `PRAGMA x = y`, `ATTACH` and `DETACH`, each sent as a statement of its own, have made of the database's
 * session: a connection that does not know of it yet gets the same, in the same order.
 */
export class SessionSettings {
  /** Counts the changes so far; a connection whose `settingsApplied` is lower lacks some. */
  version = 0
  #configuredTimeout: number
  #chosenTimeout: number | undefined
  readonly #keep: (memory: string) => Keeper
  /** In the order in which they were made. */
  readonly #settings: Map<string, KeptSetting> = new Map()
  /** Schemas that no connection has, those included that `onCreateConnection` attaches. */
  readonly #detached: Set<string> = new Set()
  #detachedVersion = 0

  /**
   * @param busyTimeout The config's, in milliseconds.
   * @param keep Opens the memory database of this file name, so that it outlives its connections.
   */
  constructor(busyTimeout: number, keep: (memory: string) => Keeper) {
    this.#configuredTimeout = busyTimeout
    this.#keep = keep
  }

  /** The busy timeout in milliseconds: what a statement through the pool has set, or else the config. */
  get busyTimeout(): number {
    return this.#chosenTimeout ?? this.#configuredTimeout
  }

  /** Takes the place of the config's busy timeout, as what `onCreateConnection` says does. */
  configureTimeout(busyTimeout: number): void {
    this.#configuredTimeout = busyTimeout
  }

  /** Adds what `connection` has carried out for all of them. */
  record({ settings = [], attached, detached, busyTimeout }: SessionChanges, connection: Connection): void {
    const upToDate = connection.settingsApplied === this.version
    if (busyTimeout !== undefined) this.#chosenTimeout = busyTimeout
    if (attached !== undefined) this.#attach(attached)
    if (detached !== undefined) this.#detach(detached)
    for (const setting of settings) this.#set(setting)
    if (upToDate) connection.settingsApplied = this.version
  }

  /** Forgets everything, because the last connection is closed. */
  clear(): void {
    this.#chosenTimeout = undefined
    for (const key of this.#settings.keys()) this.#forget(key)
    this.#detached.clear()
  }

  /**
   * Brings a connection up to date.
   *
   * @throws SettingReplayError where the connection refuses what another one has accepted. The setting is forgotten,
   *   so that the next one is not refused as well.
   */
  async apply(connection: Connection): Promise<void> {
    const { version } = this
    if (this.#detachedVersion > connection.settingsApplied) await this.#detachFrom(connection)
    for (const setting of this.#settings.values()) {
      if (setting.version > version) break
      if (setting.version <= connection.settingsApplied) continue
      // oxlint-disable-next-line no-await-in-loop -- in their order
      await this.#replay(setting, connection)
      connection.settingsApplied = setting.version
    }
    connection.settingsApplied = version
  }

  #set(setting: Setting, keeper?: Keeper): void {
    // Somebody has detached it while this connection still had it.
    if (this.#detached.has(setting.schema)) return
    const { key, replay } = setting
    this.#forget(key)
    if (replay === undefined) return
    this.version += 1
    this.#settings.set(key, { ...setting, replay, version: this.version, keeper })
  }

  #attach(attached: Attachment): void {
    this.#detached.delete(attached.schema)
    this.#set(attached, attached.memory === undefined ? undefined : this.#keep(attached.memory))
  }

  #detach(schema: string): void {
    for (const [key, setting] of this.#settings) if (setting.schema === schema) this.#forget(key)
    this.version += 1
    this.#detached.add(schema)
    this.#detachedVersion = this.version
  }

  #forget(key: string): void {
    this.#settings.get(key)?.keeper?.close()
    this.#settings.delete(key)
  }

  async #detachFrom(connection: Connection): Promise<void> {
    for (const schema of (await attachedFiles(connection)).keys()) {
      // oxlint-disable-next-line no-await-in-loop -- one statement after the other
      if (this.#detached.has(schema)) await connection.execute(`detach ${quoted(schema)}`, [])
    }
  }

  async #replay({ key, sql, replay }: KeptSetting, connection: Connection): Promise<void> {
    try {
      await replay(connection)
    } catch (error) {
      // The death of a connection is no answer.
      if (isBusy(error) || connection.closed === true) throw error
      this.#forget(key)
      throw new SettingReplayError(sql, connection.label, error)
    }
  }
}
