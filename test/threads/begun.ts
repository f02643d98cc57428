import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Tells when a query with `sleep_noticed(path, milliseconds)` or `hold(path)` is under way in its thread. */
export class Begun {
  readonly path: string = join(temporaryDirectory(), 'begun')

  async noticed(): Promise<void> {
    const look = (): void => {
      if (!existsSync(this.path)) throw new Error('the query has not begun')
    }
    await vi.waitFor(look, { timeout: 20_000, interval: 1 })
  }

  /** Lets `hold` end. */
  end(): void {
    writeFileSync(`${this.path}-end`, '')
  }

  /** The same as `noticed`, without a turn of the event loop. */
  awaitBlocking(): void {
    const end = performance.now() + 20_000
    while (!existsSync(this.path)) {
      if (performance.now() > end) throw new Error('the query has not begun')
    }
  }
}
