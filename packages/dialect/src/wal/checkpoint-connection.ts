import { clearTimeout, setTimeout } from '../clock.ts'
import type { Connection } from '../connection/connection.ts'
import { versionWithWalReset } from '../drivers/wal-reset-bug.ts'
import type { Engine } from '../engine.ts'
import { MovedFileError } from '../errors/moved-file.ts'
import { nameOf } from '../url/sqlite-location.ts'
import { isBusy } from '../waiting/busy.ts'
import { readLog } from './wal-log.ts'
import type { WalSurroundings } from './wal-surroundings.ts'

/** The result of a checkpoint. */
export interface Checkpointed {
  /** Another connection was in its way. */
  readonly isBusy: boolean
  /**
   * How many frames a passive checkpoint has left in the WAL because of readers. Frames that came during the checkpoint do not
   * count.
   */
  readonly remaining: number
  /** All of the WAL is in the database file, even what was written during the checkpoint. */
  readonly isComplete: boolean
}

/**
 * The connection that makes the checkpoints, in a thread of its own. It is opened when it is needed, and closed when it is idle.
 *
 * If a function of the user's opens the handles, no other thread can call it. Then the connection is in this thread.
 */
export class CheckpointConnection {
  /** The connection is to this engine's database. */
  readonly engine: Engine
  readonly label: string
  /** It is in a thread of its own, so it can wait for locks there without blocking this thread. */
  readonly isApart: boolean
  /** All engines in this thread that use the file. */
  readonly #engines: Iterable<Engine>
  /** The absolute path of the database file. */
  readonly #path: string
  #opened: Promise<Connection> | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(engine: Engine, { engines, path }: Pick<WalSurroundings, 'engines' | 'path'>) {
    this.engine = engine
    this.#engines = engines
    this.#path = path
    this.label = `${nameOf(engine.config.location)}#checkpoint`
    this.isApart = typeof engine.config.creator !== 'function'
  }

  /**
   * Makes a checkpoint.
   *
   * SQLite waits for a lock with pauses that become longer, up to 100 ms. Another process that writes all the time gives the lock
   * back for less than a millisecond. So there are many brief attempts, and after those a long one, for readers that take long.
   *
   * @param patience How long it may keep writers out while it waits for readers, in milliseconds.
   */
  async checkpoint(mode: 'passive' | 'truncate', patience: number): Promise<Checkpointed> {
    clearTimeout(this.#idle)
    const opened = this.#open()
    try {
      const connection = await opened
      const longest = this.isApart ? patience : 0
      const brief = Math.min(longest, BRIEF)
      const until = performance.now() + longest / 2
      let made = await this.#attempt(connection, mode, brief)
      while (made.isBusy && performance.now() < until)
        // oxlint-disable-next-line no-await-in-loop -- until it is not busy
        made = await this.#attempt(connection, mode, brief)
      return made.isBusy && longest > 0 ? await this.#attempt(connection, mode, longest) : made
    } catch (error) {
      // The file has got another key meanwhile, say.
      const isClosed = this.#opened !== opened
      await this.close()
      // Another process is recovering the WAL, or closing its last connection. Opening the file needs a lock, too.
      if (isClosed || isBusy(error)) return { isBusy: true, remaining: Infinity, isComplete: false }
      throw error
    } finally {
      this.#idle = setTimeout(() => void this.close(), IDLE).unref()
    }
  }

  async #attempt(connection: Connection, mode: string, timeout: number): Promise<Checkpointed> {
    await connection.execute(`pragma busy_timeout = ${timeout}`, [])
    this.#rejectMoved()
    const { rows } = await connection.execute(`pragma main.wal_checkpoint(${mode})`, [])
    // https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
    const { busy, log, checkpointed } = rows[0] as Record<string, number | bigint>
    const wasBusy = Number(busy) !== 0
    const isComplete = !wasBusy && readLog(this.#path).frames <= Number(checkpointed)
    return { isBusy: wasBusy, remaining: Number(log) - Number(checkpointed), isComplete }
  }

  /** The next checkpoint opens it again. Never rejects, because nothing of the user's is lost with the connection. */
  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const opened = this.#opened
    this.#opened = undefined
    await opened?.then((connection) => connection.close()).catch(() => {})
  }

  #open(): Promise<Connection> {
    this.#opened ??= this.#openNew()
    return this.#opened
  }

  async #openNew(): Promise<Connection> {
    this.#rejectMoved()
    const { database } = this.engine
    const connection = await (database.openApart(this.label) ?? database.open(this.label))
    const version = await versionWithWalReset(connection)
    if (version === undefined) return connection
    await connection.close()
    throw new Error(
      `SQLite ${version} can corrupt a database when another connection empties its WAL. Use SQLite 3.51.3 or newer`,
    )
  }

  /** A connection to another file at the same path would use the WAL of the old file as its own, and destroy it. */
  #rejectMoved(): void {
    for (const { database } of this.#engines)
      if (database.hasMoved()) throw new MovedFileError(nameOf(this.engine.config.location))
  }
}

/** Milliseconds. */
const IDLE = 2000
/** Milliseconds. SQLite tries three times in it. */
const BRIEF = 3
