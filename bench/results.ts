import stringify from 'json-stringify-pretty-compact'
import type { CaseInFile } from './cases/index.ts'
import { inRounds, type Outcome } from './harness/rounds.ts'

/** All that one run has measured, as it is kept in `docs/benchmarks.json`. */
export interface Results {
  /** When and on what. */
  readonly surroundings: string
  readonly rounds: number
  readonly cases: Readonly<Record<string, Figures>>
}

/** By column, and by contestant. */
export type Figures = Readonly<Record<string, Readonly<Record<string, Outcome>>>>

/** @param processes How many times all rounds are played, in new processes: V8 may optimise the same code otherwise in the next. */
export async function measure(chosen: CaseInFile, rounds: number, processes: number): Promise<Figures> {
  const { file, name, contestants, columns, varied, isFresh = false } = chosen
  const { warmUp = varied === undefined ? 200 : 1500 } = chosen
  // A new process for each round takes many times as long as a batch.
  const plan = { rounds: isFresh ? Math.ceil(rounds / 2) : rounds, warmUp, isFresh }
  const figures: Record<string, Record<string, Outcome>> = {}
  // Values of what is varied compete with each other; places do not.
  for (const group of varied === undefined ? columns.map((each) => [each]) : [columns]) {
    const entries = group.flatMap((column) =>
      contestants.map((contestant) => ({ file, name, contestant, column })),
    )
    const played: Outcome[][] = []
    for (let n = 0; n < processes; n += 1) played.push(await inRounds(entries, plan))
    for (const [index, { contestant, column }] of entries.entries()) {
      const outcomes = played.map((each) => each[index]!)
      const refusal = outcomes.find((outcome) => typeof outcome === 'string')
      ;(figures[column] ??= {})[contestant] = refusal ?? (outcomes as number[][]).flat()
    }
  }
  return figures
}

/** One line for each outcome, without digits that mean nothing. */
export function asJson(results: Results): string {
  return stringify(results, { maxLength: 400, replacer: rounded })
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}
