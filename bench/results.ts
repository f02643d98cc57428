import type { CaseInFile } from './cases/index.ts'
import { inRounds, type Outcome } from './harness/rounds.ts'
import type { Surroundings } from './surroundings.ts'

/** All that one run has measured, as it is kept in `docs/benchmarks.json`. */
export interface Results {
  readonly surroundings: Surroundings
  readonly rounds: number
  readonly cases: Readonly<Record<string, Figures>>
}

/** By column, and by contestant. */
export type Figures = Readonly<Record<string, Readonly<Record<string, Outcome>>>>

export interface Effort {
  readonly rounds: number
  /** How often all rounds are played, in new processes each time: V8 may optimise the same code otherwise in the next one. */
  readonly processes: number
  readonly warmsUp: boolean
}

export async function measure(chosen: CaseInFile, { rounds, processes, warmsUp }: Effort): Promise<Figures> {
  const { file, name, contestants, columns, varied, isFresh = false, warmUp = 200 } = chosen
  const plan = { rounds: isFresh ? freshRounds(rounds) : rounds, warmUp: warmsUp ? warmUp : 0, isFresh }
  const figures: Record<string, Record<string, Outcome>> = {}
  // Values of what is varied compete with each other; places do not.
  for (const group of varied === undefined ? columns.map((each) => [each]) : [columns]) {
    const entries = group.flatMap((column) =>
      contestants.map((contestant) => ({ file, name, contestant, column })),
    )
    for (let n = 0; n < processes; n += 1) {
      const outcomes = await inRounds(entries, plan)
      for (const [index, { contestant, column }] of entries.entries()) {
        const inColumn = (figures[column] ??= {})
        inColumn[contestant] = joined(inColumn[contestant] ?? [], outcomes[index]!)
      }
    }
  }
  return figures
}

function joined(before: Outcome, now: Outcome): Outcome {
  if (typeof before === 'string') return before
  return typeof now === 'string' ? now : [...before, ...now]
}

/** A new process for each round takes many times as long as a batch. */
export function freshRounds(rounds: number): number {
  return Math.ceil(rounds / 2)
}

/** One line for each outcome, without digits that mean nothing. */
export function asJson(value: unknown, indent = ''): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(5)))
  if (Array.isArray(value)) return `[${value.map((each) => asJson(each)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = `${indent}  `
  const lines = Object.entries(value).map(([key, each]) => `${inner}"${key}": ${asJson(each, inner)}`)
  return `{\n${lines.join(',\n')}\n${indent}}`
}
