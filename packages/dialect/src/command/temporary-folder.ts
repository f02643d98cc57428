import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is deleted after use, also when the process is interrupted. */
export class TemporaryFolder {
  readonly path: string

  /** @param place Where it is to be. Where nobody may write there, it is with the other temporary files. */
  constructor(place: string = tmpdir()) {
    // Before it is there: a signal that nobody listens to ends the process at once.
    for (const signal of INTERRUPTS) process.on(signal, this.#end)
    this.path = newFolder(place)
  }

  remove(): void {
    for (const signal of INTERRUPTS) process.off(signal, this.#end)
    // Threads may still be writing there.
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 })
  }

  readonly #end = (signal: NodeJS.Signals): void => {
    this.remove()
    process.kill(process.pid, signal)
  }
}

function newFolder(place: string): string {
  try {
    return mkdtempSync(join(place, PREFIX))
  } catch (error) {
    if (!NOT_WRITABLE.has((error as NodeJS.ErrnoException).code)) throw error
    return mkdtempSync(join(tmpdir(), PREFIX))
  }
}

const PREFIX = '.poolclass-bench-'
const NOT_WRITABLE: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS'])
const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const
