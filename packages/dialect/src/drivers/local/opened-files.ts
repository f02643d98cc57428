import { statSync } from 'node:fs'
import type { Connection } from '../../connection/connection.ts'

/**
 * Which file each open connection has. The path can lead to another file later, or to none, and SQLite does not notice.
 *
 * Nothing is opened to find out: when a process closes a file, it loses the locks of SQLite on it.
 */
export class OpenedFiles {
  readonly path: string
  #opened: { readonly connection: WeakRef<Connection>; readonly file: string }[] = []
  /** `leaveOut` is opening a connection. */
  #leavesOut = false
  /** The connection that it has opened. */
  #leftOut: Connection | undefined

  constructor(path: string) {
    this.path = path
  }

  /** Called when a connection has opened the path. */
  note(connection: Connection): void {
    if (this.#leavesOut) {
      this.#leftOut = connection
      return
    }
    this.#forgetClosed()
    const file = fileAt(this.path)
    if (file !== undefined) this.#opened.push({ connection: new WeakRef(connection), file })
  }

  /** Calls `open`. A connection that it opens and returns at once is not noted. */
  leaveOut<T>(open: () => T): T {
    this.#leavesOut = true
    try {
      const opened = open()
      if (!(opened instanceof Promise)) this.#leftOut = undefined
      return opened
    } finally {
      this.#leavesOut = false
      if (this.#leftOut !== undefined) this.note(this.#leftOut)
      this.#leftOut = undefined
    }
  }

  /** Some connection has another file open than the one that the path leads to now. */
  haveMoved(): boolean {
    this.#forgetClosed()
    if (this.#opened.length === 0) return false
    const now = fileAt(this.path)
    return this.#opened.some(({ file }) => file !== now)
  }

  #forgetClosed(): void {
    this.#opened = this.#opened.filter(({ connection }) => {
      const opened = connection.deref()
      return opened !== undefined && opened.closed !== true
    })
  }
}

/** What tells a file from all others; undefined where there is none, or where a VFS of the user's has it elsewhere. */
function fileAt(path: string): string | undefined {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    return found && `${found.dev}:${found.ino}`
  } catch {
    return undefined
  }
}
