import { nameKey, quoted } from '../connection/identifier.ts'
import type { Connection } from '../connection/connection.ts'
import { isBusy } from '../waiting/busy.ts'
import { SettingReplayError } from '../errors.ts'

/** What an `ATTACH` or `DETACH` did. */
interface Attachment {
  readonly schema: string
  /** `''` for memory; absent once it is detached. */
  readonly file: string | undefined
  /** The working directory, by which SQLite has read a relative path. */
  readonly cwd: string
}

/** A session statement that was meant for the database, and so for each of its connections. */
export interface Setting {
  readonly sql: string
  readonly parameters: readonly unknown[]
  /** The schema that the statement attached or detached; absent for a pragma. */
  readonly attachment?: Attachment
  /** Settings of one key replace each other. */
  readonly key: string
}

/**
 * What `PRAGMA x = y`, `ATTACH` and `DETACH`, each sent as a statement of its own, have made of the database's
 * session: a connection that does not know of it yet gets the same statements in the same order.
 */
export class SessionSettings {
  /** Counts the settings so far; a connection whose `settingsApplied` is lower lacks some. */
  version = 0
  /** The busy timeout in milliseconds. It is no setting of a connection here: the driver waits, not SQLite. */
  busyTimeout: number
  readonly #settings: Map<string, Setting & { readonly version: number }> = new Map()

  readonly #configured: number

  /** @param busyTimeout The config's, in milliseconds. */
  constructor(busyTimeout: number) {
    this.#configured = busyTimeout
    this.busyTimeout = busyTimeout
  }

  /** Adds what `connection` has carried out for all of them. */
  record(setting: Setting, connection: Connection): void {
    const upToDate = connection.settingsApplied === this.version
    this.version += 1
    if (upToDate) connection.settingsApplied = this.version
    this.#settings.delete(setting.key)
    this.#settings.set(setting.key, { ...setting, version: this.version })
    if (isDetachment(setting)) this.#forgetPragmasOf(setting.attachment.schema)
  }

  /** Forgets everything, because the last connection is closed. */
  clear(): void {
    this.busyTimeout = this.#configured
    this.#settings.clear()
  }

  /**
   * Brings a connection up to date.
   *
   * @throws SettingReplayError where the connection refuses what another one has accepted. The setting is forgotten,
   *   so that the next one is not refused as well.
   */
  async apply(connection: Connection): Promise<void> {
    const { version } = this
    for (const setting of this.#settings.values()) {
      if (setting.version <= connection.settingsApplied) continue
      if (connection.settingsApplied === 0 && isDetachment(setting)) continue
      try {
        await replay(setting, connection)
      } catch (error) {
        if (isBusy(error)) throw error
        this.#settings.delete(setting.key)
        throw new SettingReplayError(setting.sql, connection.label, error)
      }
    }
    connection.settingsApplied = version
  }

  #forgetPragmasOf(detached: string): void {
    for (const key of this.#settings.keys())
      if (key.startsWith(`pragma ${detached}.`)) this.#settings.delete(key)
  }
}

/** The files of the attached databases, by the names that they are attached under. */
export async function attachedFiles(connection: Connection): Promise<Map<string, string>> {
  const { rows } = await connection.execute('select name, file from pragma_database_list', [])
  return new Map((rows as { name: string; file: string }[]).map(({ name, file }) => [nameKey(name), file]))
}

/** A connection that is new has nothing to detach. */
function isDetachment(setting: Setting): setting is Setting & { readonly attachment: Attachment } {
  const { attachment } = setting
  return attachment !== undefined && attachment.file === undefined
}

async function replay({ sql, parameters, attachment }: Setting, connection: Connection): Promise<void> {
  if (attachment !== undefined) {
    const { schema, file, cwd } = attachment
    const attached = (await attachedFiles(connection)).has(schema)
    if (attached) await connection.execute(`detach ${quoted(schema)}`, [])
    if (file === undefined) return
    if (file !== '' && cwd !== process.cwd()) {
      await connection.execute(`attach ? as ${quoted(schema)}`, [file])
      return
    }
  }
  await connection.execute(sql, parameters)
}
