import { shuffle } from 'd3-array'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Tinypool } from 'tinypool'
import type { Entry } from './contestant-process.ts'

/** One figure for each round, or why there is none. */
export type Outcome = readonly number[] | string

export interface Plan {
  readonly rounds: number
  /** Milliseconds for each contestant before the first round. 0: each does it just once in a round. */
  readonly warmUp: number
  /** Whether each round takes new processes, without a warm-up. */
  readonly isFresh: boolean
}

/** How many processes make themselves ready at once. */
const AT_ONCE = 4
/** Milliseconds after which somebody who does not answer hangs. */
const PATIENCE = 60_000

/**
 * Lets all entries compete in rounds. Each lives in a process of its own, so that V8 optimises its code for it alone, as
 * it would in a user's process. In a round they take turns, in an order that is drawn anew: what slows the machine down for a
 * while slows all of them, and ratios within a round can be trusted.
 */
export async function inRounds(
  entries: readonly Omit<Entry, 'folder'>[],
  { rounds, warmUp, isFresh }: Plan,
): Promise<Outcome[]> {
  const competitors = entries.map((entry) => new Competitor(entry))
  const lasting = isFresh ? [] : competitors
  try {
    for (let from = 0; from < lasting.length; from += AT_ONCE) {
      await Promise.all(lasting.slice(from, from + AT_ONCE).map((each) => each.start()))
    }
    if (warmUp > 0) for (const each of lasting) await each.ask('warmUp', warmUp)
    for (let round = 0; round < rounds; round += 1) {
      for (const each of shuffle([...competitors])) {
        if (isFresh) await each.start()
        await each.play()
        if (isFresh) await each.end()
      }
    }
  } finally {
    await Promise.all(competitors.map((each) => each.end()))
  }
  return competitors.map(({ outcome }) => outcome)
}

/** A contestant as its parent sees it. Once it could not do something, it is asked for nothing more. */
class Competitor {
  outcome: Outcome = []
  readonly #entry: Omit<Entry, 'folder'>
  #folder = ''
  #process: Tinypool | undefined

  constructor(entry: Omit<Entry, 'folder'>) {
    this.#entry = entry
  }

  async start(): Promise<void> {
    if (typeof this.outcome === 'string') return
    this.#folder = mkdtempSync(join(tmpdir(), 'poolclass-bench-'))
    this.#process = new Tinypool({
      runtime: 'child_process',
      filename: fileURLToPath(new URL('contestant-process.ts', import.meta.url)),
      minThreads: 1,
      maxThreads: 1,
      execArgv: ['--expose-gc', '--no-warnings'],
      // better-sqlite3 reads URIs only if this was set before it was loaded, and nothing says so.
      env: { ...(process.env as Record<string, string>), SQLITE_USE_URI: '1' },
    })
    await this.ask('start', { ...this.#entry, folder: this.#folder })
  }

  async play(): Promise<void> {
    const figure = await this.ask('figure')
    if (typeof this.outcome !== 'string') this.outcome = [...this.outcome, Number(figure)]
  }

  async ask(name: string, parameter?: unknown): Promise<unknown> {
    if (typeof this.outcome === 'string') return undefined
    try {
      return await this.#process!.run(parameter, { name, signal: AbortSignal.timeout(PATIENCE) })
    } catch (error) {
      // Whole sentences of the first line: a stack may follow, and what announces it.
      this.outcome = (error as Error).message.split('\n', 1)[0]!.replace(/(?<=\.) [^.]*:$/, '')
      return undefined
    }
  }

  async end(): Promise<void> {
    await this.#process?.destroy()
    if (this.#folder !== '') rmSync(this.#folder, { recursive: true, force: true })
  }
}
