import { inRounds, type Outcome, type Plan } from '../lockstep/rounds.ts'
import type { Place } from '../place.ts'
import { contestants } from './contestants/index.ts'
import { PLACES, type Subject } from './subjects.ts'

export interface Compared {
  readonly subject: string
  readonly place: Place
  readonly contestant: string
  readonly outcome: Outcome
}

/** All contestants in one subject, at one place after the other. */
export async function compare(
  subject: Subject,
  plan: Plan,
  progress: (what: string) => void,
): Promise<Compared[]> {
  const compared: Compared[] = []
  for (const place of PLACES) {
    progress(`${subject.name}, ${place}`)
    const entries = contestants.map(({ name }) => subject.entry(name, place))
    const isFresh = entries.some((entry) => entry.isFresh === true)
    // oxlint-disable-next-line no-await-in-loop -- they would compete for the processor
    const outcomes = await inRounds(entries, isFresh ? { ...plan, rounds: freshRounds(plan) } : plan)
    for (const [contestant, outcome] of outcomes) {
      compared.push({ subject: subject.name, place, contestant, outcome })
    }
  }
  return compared
}

/** A new process for each round takes many times as long as a batch. */
export function freshRounds({ rounds }: Plan): number {
  return Math.ceil(rounds / 2)
}
