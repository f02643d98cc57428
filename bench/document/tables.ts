import { markdownTable } from 'markdown-table'
import type { CaseInFile } from '../cases/index.ts'
import { BASELINE, COMPARED, GENERIC_WORKER, type Group, groupOf } from '../contestants/index.ts'
import { type Column, type Goal, type Place, PLACES } from '../harness/case.ts'
import type { Figures, Results } from '../results.ts'
import { columnName, quantity, range, speed, summarize, times } from './format.ts'

/** What was measured of a case, and below it who cannot and why. */
export function caseTable(
  { contestants, varied, unit = 'nanoseconds' }: CaseInFile,
  figures: Figures,
): string {
  const columns = Object.keys(figures)
  const names = contestants.filter((name) => columns.some((column) => name in figures[column]!))
  const reasons: string[] = []
  const cell = (name: string, column: string): string => {
    const { [name]: outcome = 'Not measured.', [BASELINE]: rival } = figures[column]!
    if (typeof outcome === 'string') {
      if (!reasons.includes(outcome)) reasons.push(outcome)
      return `cannot (${reasons.indexOf(outcome) + 1})`
    }
    const summary = summarize(outcome)
    const text = `${quantity(summary.median, unit)} (${range(summary, unit)})`
    const isCompared = name !== BASELINE && unit !== 'bytes' && varied === undefined
    return isCompared && Array.isArray(rival) ? `${text} ${times(speed(outcome, rival).median)}` : text
  }
  const head = [varied?.title ?? '', ...columns.map(columnName)]
  const rows = names.map((name) => [name].concat(columns.map((column) => cell(name, column))))
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason}`)
  return [table([head, ...rows]), '', ...notes].join('\n').trimEnd()
}

/** One row for each goal in each of its columns, as far as it has been measured. */
export function goalsTable(cases: readonly CaseInFile[], all: Results['cases']): string {
  const head = ['work', 'at', 'contestant', '', 'beside', '', 'measured', '10–90 %', 'wanted', '']
  const rows = cases.flatMap((each) =>
    (each.goals ?? []).flatMap((goal) => goal.at.map((at) => goalRow(each, goal, at, all[each.name] ?? {}))),
  )
  return table([head, ...rows.filter((row) => row.length > 0)], 3)
}

function goalRow(each: CaseInFile, goal: Goal, at: Column, figures: Figures): string[] {
  const { name, unit = 'nanoseconds', varied } = each
  const { contestant, rival = contestant, rivalAt = at, atLeast, atMost } = goal
  const [own, others] = [figures[at]?.[contestant], figures[rivalAt]?.[rival]]
  if (!Array.isArray(own) || !Array.isArray(others)) return []
  const isRatio = goal.rival !== undefined
  const measured = !isRatio ? summarize(own) : atMost === undefined ? speed(own, others) : speed(others, own)
  const shown = (value: number): string => (isRatio ? times(value) : quantity(value, unit))
  const time = (rounds: readonly number[]): string => quantity(summarize(rounds).median, unit)
  const bound = atLeast ?? atMost!
  const isMet = atLeast === undefined ? measured.median <= bound : measured.median >= bound
  const isClose = measured.low < bound && bound < measured.high
  return [
    name,
    varied === undefined ? columnName(at) : `${varied.title}: ${columnName(at)}`,
    contestant,
    time(own),
    rivalAt === at ? (goal.rival ?? '') : `${varied?.title}: ${columnName(rivalAt)}`,
    isRatio ? time(others) : '',
    shown(measured.median),
    `${shown(measured.low)}–${shown(measured.high)}`,
    `${atLeast === undefined ? '≤' : '≥'} ${shown(bound)}`,
    (isMet ? 'met' : 'NOT met') + (isClose ? ', close' : ''),
  ]
}

interface Measured {
  readonly name: string
  readonly median: number
  readonly rounds: readonly number[]
}

/** One row for each case: the fastest pool class with and without a thread, and the most important peers. */
export function atAGlance(cases: readonly CaseInFile[], results: Results, place: Place): string {
  const others = ['kysely-generic-sqlite', GENERIC_WORKER, 'better-sqlite3']
  const head = [columnName(place), BASELINE, 'best pool class', 'best with `threads: 1`', ...others]
  const timed = cases.filter((each) => isWhole(each) && each.unit !== 'bytes')
  const rows = timed.map(({ name }) => {
    const all = measuredAt(results, name, place)
    const baseline = all.find((each) => each.name === BASELINE)!
    const best = [bestOf(all, 'Poolclass'), bestOf(all, 'Poolclass, with threads')]
    const speeds = [...best, ...others.map((other) => all.find((each) => each.name === other))].map((each) =>
      each === undefined ? 'cannot' : times(speed(each.rounds, baseline.rounds).median),
    )
    return [name, quantity(baseline.median, 'nanoseconds')].concat(speeds)
  })
  return table([head, ...rows])
}

/** Less is not clear. */
const CLEARLY = 1.02

/** Where a peer beats the best pool class: dialects in anything, drivers better-sqlite3, which is under Poolclass. */
export function peersThatWin(cases: readonly CaseInFile[], results: Results): string {
  const rows = [['', 'place', 'faster, or less', 'than', 'by']]
  for (const { name, unit = 'nanoseconds' } of cases.filter(isWhole)) {
    for (const place of PLACES) {
      const all = measuredAt(results, name, place)
      const best = bestOf(all, 'Poolclass', 'Poolclass, with threads')
      const driver = all.find((each) => each.name === 'better-sqlite3')
      for (const each of all) {
        const group = groupOf(each.name)
        const other =
          group === 'Kysely dialects' ? best : group === 'drivers, without Kysely' ? driver : undefined
        if (other === undefined) continue
        const { low, median, high } = speed(each.rounds, other.rounds)
        if (low <= CLEARLY) continue
        const [better, worse] = [each, other].map((one) => `${one.name}, ${quantity(one.median, unit)}`)
        const by = `${times(median)} (${low.toFixed(2)}–${high.toFixed(2)})`
        rows.push([name, columnName(place), better!, worse!, by])
      }
    }
  }
  return table(rows)
}

/** Whether all take part. */
function isWhole({ contestants }: CaseInFile): boolean {
  return COMPARED.every((name) => contestants.includes(name))
}

/** Those who could. */
function measuredAt({ cases }: Results, name: string, place: Place): Measured[] {
  return Object.entries(cases[name]?.[place] ?? {}).flatMap(([contestant, rounds]) =>
    typeof rounds === 'string' ? [] : { name: contestant, rounds, median: summarize(rounds).median },
  )
}

function bestOf(all: readonly Measured[], ...groups: Group[]): Measured | undefined {
  const candidates = all.filter(({ name }) => groups.some((group) => group === groupOf(name)))
  return candidates.toSorted((a, b) => a.median - b.median)[0]
}

/** The columns after the first few are aligned to the right. */
function table(rows: readonly (readonly string[])[], first = 1): string {
  return markdownTable(rows, { align: rows[0]!.map((_, column) => (column < first ? '' : 'r')) })
}
