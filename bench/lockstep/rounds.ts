import { shuffled } from '../shuffled.ts'
import type { Entry, Reply } from './entrant.ts'
import { RunningEntry } from './running-entry.ts'

/** One value for each round, or why there is none. */
export type Outcome = { readonly rounds: readonly number[] } | { readonly cannot: string }

export interface Plan {
  readonly rounds: number
  /** Milliseconds for each entrant, before the first round. */
  readonly warmUp: number
}

/** How many processes make themselves ready at once. */
const AT_ONCE = 4

/**
 * Lets all entries compete in rounds. Each lives in a process of its own, so that V8 optimises its code for it alone, as
 * it would in a user's process. In a round they take turns, in an order that is drawn anew: what slows the machine down for a
 * while slows all of them, and ratios within a round can be trusted.
 */
export async function inRounds(entries: readonly Entry[], plan: Plan): Promise<Map<string, Outcome>> {
  const values = new Map<string, number[]>(entries.map(({ id }) => [id, []]))
  const refusals = new Map<string, string>()
  const running = new Map<string, RunningEntry>()
  const isIn = ({ id }: Entry): boolean => !refusals.has(id)
  const note = ({ id }: Entry, reply: Reply): void => {
    if ('cannot' in reply) refusals.set(id, reply.cannot)
  }
  try {
    const lasting = entries.filter(({ isFresh }) => isFresh !== true)
    for (let from = 0; from < lasting.length; from += AT_ONCE) {
      const group = lasting.slice(from, from + AT_ONCE)
      for (const entry of group) running.set(entry.id, new RunningEntry(entry))
      // oxlint-disable-next-line no-await-in-loop -- not all at once
      await Promise.all(group.map(async (entry) => note(entry, await running.get(entry.id)!.ready)))
    }
    // oxlint-disable no-await-in-loop -- one after the other
    for (const entry of lasting.filter(isIn)) {
      note(entry, await running.get(entry.id)!.ask({ do: 'warm up', ms: plan.warmUp }))
    }
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const entry of shuffled(entries.filter(isIn))) {
        const reply =
          entry.isFresh === true ? await runFresh(entry) : await running.get(entry.id)!.ask({ do: 'run' })
        note(entry, reply)
        if ('value' in reply) values.get(entry.id)!.push(reply.value)
      }
    }
    // oxlint-enable no-await-in-loop
  } finally {
    await Promise.all([...running.values()].map((each) => each.end()))
  }
  return new Map(
    entries.map(({ id }) => {
      const cannot = refusals.get(id)
      return [id, cannot === undefined ? { rounds: values.get(id)! } : { cannot }]
    }),
  )
}

async function runFresh(entry: Entry): Promise<Reply> {
  const process = new RunningEntry(entry)
  try {
    const ready = await process.ready
    return 'cannot' in ready ? ready : await process.ask({ do: 'run' })
  } finally {
    await process.end()
  }
}
