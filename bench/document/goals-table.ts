import type { CaseInFile } from '../cases/index.ts'
import type { Column, Goal } from '../harness/case.ts'
import type { Figures } from '../results.ts'
import {
  columnName,
  median,
  quantity,
  range,
  speed,
  type Summary,
  summarize,
  table,
  times,
} from './format.ts'

const HEAD = ['work', 'at', 'contestant', '', 'beside', '', 'measured', '10–90 %', 'wanted', '']

/** One row for each goal in each of its columns, as far as it has been measured. */
export function goalsTable(cases: readonly CaseInFile[], figures: Readonly<Record<string, Figures>>): string {
  const rows = cases.flatMap((each) =>
    (each.goals ?? []).flatMap((goal) =>
      goal.at.flatMap((column) => rowsOf(each, goal, column, figures[each.name])),
    ),
  )
  return table(HEAD, rows, 3)
}

function rowsOf(each: CaseInFile, goal: Goal, at: Column, figures: Figures = {}): string[][] {
  const { name, unit = 'nanoseconds', varied } = each
  const { contestant, rival, rivalAt = at, atLeast, atMost } = goal
  const own = figures[at]?.[contestant]
  const others = rival === undefined ? own : figures[rivalAt]?.[rival]
  if (!Array.isArray(own) || !Array.isArray(others)) return []
  const where = (column: Column): string =>
    varied === undefined ? columnName(column) : `${varied.title}: ${columnName(column)}`
  const time = (values: readonly number[]): string => quantity(median(values), unit)
  const row = [name, where(at), contestant, time(own)]
  if (rival === undefined) {
    const wanted = `≤ ${quantity(atMost!, unit)}`
    return [[...row, '', '', time(own), range(summarize(own), unit), wanted, verdict(goal, summarize(own))]]
  }
  const ratio = atMost === undefined ? speed(own, others) : speed(others, own)
  const wanted = atMost === undefined ? `≥ ${atLeast}×` : `≤ ${atMost}×`
  const beside = rivalAt === at ? rival : where(rivalAt)
  const spread = `${times(ratio.low)}–${times(ratio.high)}`
  return [[...row, beside, time(others), times(ratio.median), spread, wanted, verdict(goal, ratio)]]
}

function verdict({ atLeast, atMost }: Goal, measured: Summary): string {
  const bound = atLeast ?? atMost!
  const isMet = atLeast === undefined ? measured.median <= bound : measured.median >= bound
  return (isMet ? 'met' : 'NOT met') + (measured.low < bound && bound < measured.high ? ', close' : '')
}
