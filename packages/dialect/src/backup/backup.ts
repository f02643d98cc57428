import type { Connection, CopyProgress } from '../connection/connection.ts'
import { describe } from '../describe.ts'
import type { Engine } from '../engine.ts'
import { BackupError } from '../errors/backup-errors.ts'
import { MovedFileError } from '../errors/moved-file.ts'
import { Checkout } from '../session/checkout.ts'
import { Waits } from '../session/waits.ts'
import { realPath } from '../url/real-path.ts'
import { nameOf } from '../url/sqlite-location.ts'
import { untilNotBusy } from '../waiting/busy.ts'
import { filePath, NO_FILE_PATH } from './file-path.ts'
import { waitForItself } from './wait-for-itself.ts'

export interface BackupOptions {
  /** Replaces an existing file when the copy is complete. Default is false: an existing file is a `BackupError`. */
  readonly overwrite?: boolean | undefined
  /** Called after each step of the copy and after the last. A busy thread may get one call for several steps. What it throws ends the backup. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined
  /** Number of pages that a step copies. `signal` is checked between steps. Default is 1000, which is 4 MB with SQLite's default pages. */
  readonly pagesPerStep?: number | undefined
  /** Ends the backup after the running step. */
  readonly signal?: AbortSignal | undefined
}

/** Copies a live database, as it is at one moment, into a file that is complete or not there. */
export async function backup(
  engine: Engine,
  destination: string | URL,
  options: BackupOptions,
  from: (...args: never[]) => unknown,
): Promise<void> {
  const path = filePath(destination)
  if (path === undefined) throw new BackupError(describe(destination), `The destination ${NO_FILE_PATH}`)
  const { overwrite = false, onProgress, pagesPerStep = 1000, signal } = options
  if (!Number.isInteger(pagesPerStep) || pagesPerStep < 1 || pagesPerStep > MOST_PAGES)
    throw new BackupError(
      path,
      `pagesPerStep must be a whole number from 1 on, not ${describe(pagesPerStep)}.`,
    )
  rejectItself(engine, path)
  signal?.throwIfAborted()
  const { config } = engine
  await engine.runTask(async (destroyed) => {
    const ended = signal === undefined ? destroyed : AbortSignal.any([signal, destroyed])
    const onStep = (progress: CopyProgress): void => {
      ended.throwIfAborted()
      onProgress?.(progress)
    }
    const { modeOf, UnfinishedFile } = await import(/* webpackMode: "eager" */ './unfinished-file.ts')
    const mode = config.location.kind === 'file' ? await modeOf(config.location.path) : undefined
    const file = await UnfinishedFile.create(path, overwrite, mode)
    try {
      await withSource(engine, path, ended, from, (source) =>
        untilNotBusy(
          () => source.copyTo(file.path, { pagesPerStep, onStep }),
          () => engine.busyWait(undefined, ended),
        ),
      )
      ended.throwIfAborted()
      await file.finish()
    } catch (error) {
      await file.discard()
      throw error
    }
  })
}

function rejectItself({ config: { location } }: Engine, path: string): void {
  if (location.kind === 'server')
    throw new BackupError(
      path,
      `A libSQL server makes its own backups. Use GET ${location.url}/dump, or its snapshots.`,
    )
  if (location.kind !== 'file' || realPath(location.path) !== realPath(path)) return
  throw new BackupError(path, 'That is the database itself. Choose another name.')
}

/** A connection apart copies while the others go on. Where there can be none, one of the pool does, and its users wait. */
async function withSource(
  engine: Engine,
  path: string,
  signal: AbortSignal,
  from: (...args: never[]) => unknown,
  copy: (source: Connection) => Promise<void>,
): Promise<void> {
  const { database, config } = engine
  // Nobody reads shared memory while a transaction writes.
  if (config.location.kind === 'shared-memory') rejectWaitForItself(engine, path, 'write lock')
  const openApart = (): Promise<Connection> | undefined => {
    if (database.hasMoved()) throw new BackupError(path, MovedFileError.reason)
    return database.openApart(`${nameOf(config.location)}#backup`)
  }
  const apart = await untilNotBusy(openApart, () => engine.busyWait(undefined, signal))
  if (apart !== undefined) return await copy(apart).finally(() => apart.close())
  rejectWaitForItself(engine, path, 'connection')
  const checkout = new Checkout(engine, new Waits(engine))
  checkout.markTaken('dialect.backup()', from)
  const source = await checkout.take(signal)
  await copy(source).finally(() => checkout.giveBack())
}

function rejectWaitForItself(engine: Engine, path: string, needs: Parameters<typeof waitForItself>[1]): void {
  const why = waitForItself(engine, needs)
  if (why !== undefined) throw new BackupError(path, why)
}

/** What a step of SQLite's takes. */
const MOST_PAGES = 2 ** 31 - 1
