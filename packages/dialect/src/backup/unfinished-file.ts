import { rmSync } from 'node:fs'
import { chmod, link, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { BackupError } from '../errors/backup-errors.ts'

/** A file that gets its name once it is complete, and until then has one beside it. A process that exits removes it. */
export class UnfinishedFile {
  /** Its name until then. */
  readonly path: string
  readonly #target: string
  readonly #overwrite: boolean
  readonly #mode: number | undefined

  /**
   * @param mode Its permissions; undefined for those that a new file gets.
   * @throws BackupError where it could not get its name
   */
  static async create(target: string, overwrite: boolean, mode: number | undefined): Promise<UnfinishedFile> {
    const file = new UnfinishedFile(target, overwrite, mode)
    await file.#rejectTarget()
    noteUnfinished(file.path)
    try {
      await (await open(file.path, 'wx', mode === undefined ? undefined : mode | OWNER_WRITES)).close()
    } catch (error) {
      forgetUnfinished(file.path)
      throw new BackupError(target, cannotCreate(target, error), error)
    }
    return file
  }

  private constructor(target: string, overwrite: boolean, mode: number | undefined) {
    this.path = temporaryPath(target)
    this.#target = target
    this.#overwrite = overwrite
    this.#mode = mode
  }

  /** Sees to it that it is on the disk, and names it. */
  async finish(): Promise<void> {
    await this.#rejectTarget()
    try {
      await sync(this.path, 'r+')
      if (this.#mode !== undefined && !(this.#mode & OWNER_WRITES))
        await chmod(this.path, this.#mode & PERMISSIONS)
      if (this.#overwrite || !(await this.#linked())) await rename(this.path, this.#target)
    } catch (error) {
      if (error instanceof BackupError) throw error
      throw new BackupError(this.#target, messageOf(error), error)
    }
    // What cannot be removed now, the exit of the process removes.
    await rm(this.path, { force: true }).then(
      () => forgetUnfinished(this.path),
      () => {},
    )
    // Windows cannot, and needs not.
    await sync(dirname(this.#target), 'r').catch(() => {})
  }

  async discard(): Promise<void> {
    await Promise.all(SUFFIXES.map((suffix) => rm(this.path + suffix, { force: true })))
    forgetUnfinished(this.path)
  }

  /**
   * Gives it its name as well, unless somebody else has taken that meanwhile: a renaming would replace their file.
   *
   * @returns false where the file system has no hard links, or what else is wrong is wrong with a renaming too.
   */
  async #linked(): Promise<boolean> {
    try {
      await link(this.path, this.#target)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false
      throw new BackupError(this.#target, EXISTS, error)
    }
  }

  async #rejectTarget(): Promise<void> {
    const found = await stat(this.#target).catch(() => undefined)
    if (found?.isDirectory() === true) throw new BackupError(this.#target, 'It is a directory.')
    if (found?.isFile() === false) throw new BackupError(this.#target, 'It is a device, a pipe or a socket.')
    if (found !== undefined && !this.#overwrite) {
      throw new BackupError(this.#target, EXISTS)
    }
    await this.#rejectPartOfDatabase()
    for (const suffix of ['-wal', '-journal']) {
      // oxlint-disable-next-line no-await-in-loop -- there are two
      const rest = await stat(this.#target + suffix).catch(() => undefined)
      if (rest === undefined || rest.size === 0) continue
      throw new BackupError(
        this.#target,
        `The file ${this.#target}${suffix} holds changes of a database of that name, and SQLite would apply them to the backup. ` +
          'Close that database, or choose another name.',
      )
    }
  }

  async #rejectPartOfDatabase(): Promise<void> {
    const suffix = PARTS.find((part) => this.#target.endsWith(part))
    if (suffix === undefined) return
    const database = this.#target.slice(0, -suffix.length)
    const found = await stat(database).catch(() => undefined)
    if (found?.isFile() !== true) return
    throw new BackupError(
      this.#target,
      `SQLite would take it for a part of the database ${database}. Choose another name.`,
    )
  }
}

/** Who may not read a file may not read its copy. Undefined where it does not exist. */
export async function modeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mode
}

/** In the same directory, so that a link can name it. It is short enough for `-journal` behind it, however long its name will be. */
function temporaryPath(target: string): string {
  const name = basename(target)
  const start = Array.from(name).slice(0, MOST_OF_NAME).join('')
  return `${target.slice(0, -name.length)}${start}.${crypto.randomUUID().slice(0, 8)}.tmp`
}

/** Characters. They have up to 4 bytes each, of 255 that a file system allows. */
const MOST_OF_NAME = 50

const EXISTS = 'The file exists. Choose another name, or set overwrite: true to replace it.'

/** Until it is complete. */
const OWNER_WRITES = 0o200
const PERMISSIONS = 0o777

/** What SQLite puts beside a database. */
const PARTS = ['-journal', '-wal', '-shm'] as const
const SUFFIXES = ['', ...PARTS] as const

const unfinished: Set<string> = new Set()

function noteUnfinished(path: string): void {
  if (unfinished.size === 0) process.on('exit', removeAll)
  unfinished.add(path)
}

function forgetUnfinished(path: string): void {
  if (unfinished.delete(path) && unfinished.size === 0) process.off('exit', removeAll)
}

function removeAll(): void {
  for (const path of unfinished) for (const suffix of SUFFIXES) rmSync(path + suffix, { force: true })
}

async function sync(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function cannotCreate(target: string, error: unknown): string {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
  return isMissing ? `The directory ${dirname(target)} does not exist. Create it first.` : messageOf(error)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.message}.` : String(error)
}
