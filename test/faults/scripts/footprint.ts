import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type Leftovers, leftovers } from '../../threads/scripts/leftovers.ts'

/** What a process has that could become more and more. */
export interface Footprint extends Leftovers {
  /** Open files, of the operating system; absent where it does not tell. */
  readonly descriptors: number | undefined
  /** Bytes that are in use after garbage collection. */
  readonly heapUsed: number
  /** The same of the worker thread, where it was asked for. */
  readonly heapUsedInThread?: number
  readonly rss: number
}

const descriptors = (): number | undefined =>
  process.platform === 'linux' ? readdirSync('/proc/self/fd').length : undefined

/** Those of a process at the start of its work, after a tenth of it, after a half, and in the end. */
export type Footprints = Readonly<Record<'start' | 'tenth' | 'half' | 'end', Footprint>>

/** The footprint, once what is on its way out has gone, or has had five seconds to go. */
export async function footprint(before?: Footprint): Promise<Footprint> {
  for (let round = 0; round < 100; round += 1) {
    await delay(50)
    globalThis.gc?.()
    if (before === undefined ? round === 5 : isBackTo(before)) break
  }
  const { heapUsed, rss } = process.memoryUsage()
  return { ...leftovers(), descriptors: descriptors(), heapUsed, rss }
}

function isBackTo({ resources, threads, descriptors: files }: Footprint): boolean {
  const now = leftovers()
  return now.resources.join() === resources.join() && now.threads === threads && descriptors() === files
}
