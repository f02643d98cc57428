import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'

/** A directory in memory where there is one: thousands of them are made and removed for a file that is only opened. */
const PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A fresh directory, deep enough that a dozen `..` stay inside what is removed, and the working directory meanwhile. */
export class WorkingDirectory implements Disposable {
  readonly path: string
  readonly #root: string
  readonly #before: string

  constructor() {
    this.#root = realpathSync(mkdtempSync(join(PARENT, 'poolclass-url-')))
    this.path = join(this.#root, ...'abcdefghijkl')
    mkdirSync(this.path, { recursive: true })
    this.#before = process.cwd()
    process.chdir(this.path)
  }

  /** Whether an absolute path is inside what is removed in the end. */
  contains(path: string): boolean {
    return path.startsWith(this.#root + sep)
  }

  [Symbol.dispose](): void {
    process.chdir(this.#before)
    rmSync(this.#root, { recursive: true, force: true })
  }
}
