import { shuffle } from 'd3-array'
import { fileURLToPath } from 'node:url'
import { Tinypool } from 'tinypool'
import type { Entry } from './contestant-process.ts'

/** One figure for each round, or why there is none. */
export type Outcome = readonly number[] | string

export interface Plan {
  readonly rounds: number
  /** Milliseconds for each contestant before the first round, at least: see `Case.warmUp`. 0: each does it just once in a round. */
  readonly warmUp: number
  /** Whether each round takes new processes, without a warm-up. */
  readonly isFresh: boolean
}

/** How many processes make themselves ready at once. */
const AT_ONCE = 4
/** Milliseconds after which somebody who does not answer hangs. */
const PATIENCE = 60_000
const PROCESS: ConstructorParameters<typeof Tinypool>[0] = {
  runtime: 'child_process',
  filename: fileURLToPath(new URL('contestant-process.ts', import.meta.url)),
  minThreads: 1,
  maxThreads: 1,
  execArgv: ['--expose-gc', '--no-warnings'],
  // better-sqlite3 reads URIs only if this was set before it was loaded, and nothing says so.
  env: { ...(process.env as Record<string, string>), SQLITE_USE_URI: '1' },
}

/**
 * Lets all entries compete in rounds. Each lives in a process of its own, so that V8 optimises its code for it alone, as
 * it would in a user's process. In a round they take turns, in an order that is drawn anew: what slows the machine down for a
 * while slows all of them, and ratios within a round can be trusted.
 */
export async function inRounds(
  entries: readonly Entry[],
  { rounds, warmUp, isFresh }: Plan,
): Promise<Outcome[]> {
  const competitors = entries.map((entry) => new Competitor(entry))
  const lasting = isFresh ? [] : competitors
  // A process that starts or ends does not keep this one up.
  const keptUp = setInterval(() => {}, PATIENCE)
  try {
    for (let from = 0; from < lasting.length; from += AT_ONCE) {
      await Promise.all(lasting.slice(from, from + AT_ONCE).map((each) => each.start()))
    }
    if (warmUp > 0) for (const each of lasting) await each.ask('warmUp', warmUp)
    for (let round = 0; round < rounds; round += 1) {
      for (const each of shuffle([...competitors])) {
        if (isFresh) await each.start()
        else if (warmUp > 0) await each.ask('runUp')
        await each.play()
        if (isFresh) await each.end()
      }
    }
  } finally {
    await Promise.all(competitors.map((each) => each.end()))
    clearInterval(keptUp)
  }
  return competitors.map(({ outcome }) => outcome)
}

/** A contestant as its parent sees it. Once it could not do something, it is asked for nothing more. */
class Competitor {
  outcome: Outcome = []
  readonly #entry: Entry
  #process: Tinypool | undefined

  constructor(entry: Entry) {
    this.#entry = entry
  }

  async start(): Promise<void> {
    if (typeof this.outcome === 'string') return
    this.#process = new Tinypool(PROCESS).on('error', (error) => (this.outcome = error.message))
    await this.ask('start', this.#entry)
  }

  async play(): Promise<void> {
    const figure = await this.ask('figure')
    if (typeof this.outcome !== 'string') this.outcome = [...this.outcome, Number(figure)]
  }

  async ask(name: string, parameter?: unknown): Promise<unknown> {
    if (typeof this.outcome === 'string') return undefined
    const run = this.#process!.run(parameter, { name, signal: AbortSignal.timeout(PATIENCE) })
    return await run.catch((error: Error) => {
      // Whole sentences of the first line: a stack may follow, and what announces it.
      this.outcome = error.message.split('\n', 1)[0]!.replace(/(?<=\.) [^.]*:$/, '')
    })
  }

  async end(): Promise<void> {
    await this.#process?.destroy()
  }
}
