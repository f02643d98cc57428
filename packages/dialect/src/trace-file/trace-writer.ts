import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs'
import { clearInterval, setInterval } from '../clock.ts'
import { warn } from '../warn.ts'

/**
 * Writes events into a file as they come, in the JSON array of the Trace Event Format, whose closing bracket may be missing. Events are
 * collected up to 64 KB or a second and written as a whole, so that a process which dies leaves no half of one.
 */
export class TraceWriter {
  readonly #path: string
  readonly #file: number
  readonly #timer: NodeJS.Timeout
  #text = '['
  #isFirst = true
  /** Of what was written as a whole, in bytes. */
  #size = 0
  #isOpen = true

  /** @throws what the file system says of a file that cannot be written. */
  constructor(path: string) {
    this.#path = path
    this.#file = openSync(path, 'w')
    this.#timer = setInterval(this.#flush, FLUSH_AFTER).unref()
    process.on('exit', this.#flush)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  write(event: object): void {
    if (!this.#isOpen) return
    this.#text += `${this.#isFirst ? '' : ','}\n${JSON.stringify(event)}`
    this.#isFirst = false
    if (this.#text.length >= FLUSH_AT) this.#flush()
  }

  close(): void {
    if (!this.#isOpen) return
    this.#text += '\n]\n'
    this.#flush()
    this.#end()
  }

  readonly #flush = (): void => {
    if (!this.#isOpen || this.#text === '') return
    try {
      writeFileSync(this.#file, this.#text)
      this.#size += Buffer.byteLength(this.#text)
      this.#text = ''
    } catch (error) {
      this.#cutOff()
      this.#end()
      warn(
        'POOLCLASS_TRACE',
        `The trace ${this.#path} ends here, because it cannot be written: ${(error as Error).message}`,
      )
    }
  }

  /** Takes back the part that was written of what had no room. */
  #cutOff(): void {
    try {
      ftruncateSync(this.#file, this.#size)
    } catch {
      // It is no file with a size.
    }
  }

  #end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#text = ''
    clearInterval(this.#timer)
    process.off('exit', this.#flush)
    closeSync(this.#file)
  }
}

/** UTF-16 units. */
const FLUSH_AT = 65_536
/** Milliseconds. */
const FLUSH_AFTER = 1000
