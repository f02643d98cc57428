import type { CaseInFile } from '../cases/index.ts'
import { BASELINE, COMPARED, type Group, groupOf } from '../contestants/index.ts'
import { type Place, PLACES } from '../harness/case.ts'
import type { Results } from '../results.ts'
import { columnName, median, quantity, speed, table, times } from './format.ts'

const OTHERS = ['kysely-generic-sqlite', 'kysely-generic-sqlite, worker', 'better-sqlite3']
/** Less is none. */
const CLEARLY = 1.02

/** Somebody who could, and each round. */
type Measured = readonly [name: string, rounds: readonly number[]]

/** One row for each case: the fastest pool class with and without a thread, and the most important peers. */
export function atAGlance(cases: readonly CaseInFile[], results: Results, place: Place): string {
  const timed = wholeCases(cases).filter(({ unit }) => unit !== 'bytes')
  const rows = timed.map(({ name }) => {
    const all = measuredAt(results, name, place)
    const baseline = all.find(([each]) => each === BASELINE)
    const others = OTHERS.map((other) => all.find(([each]) => each === other))
    const contenders = [best(all, 'Poolclass'), best(all, 'Poolclass, with threads'), ...others]
    if (baseline === undefined) return [name]
    const speeds = contenders.map((each) =>
      each === undefined ? 'cannot' : times(speed(each[1], baseline[1]).median),
    )
    return [name, quantity(median(baseline[1]), 'nanoseconds')].concat(speeds)
  })
  return table([columnName(place), BASELINE, 'best pool class', 'best with `threads: 1`', ...OTHERS], rows)
}

/** Where a peer beats the best pool class: dialects in anything, drivers better-sqlite3, which is under Poolclass. */
export function peersThatWin(cases: readonly CaseInFile[], results: Results): string {
  const rows = wholeCases(cases).flatMap(({ name, unit = 'nanoseconds' }) =>
    PLACES.flatMap((place) => {
      const all = measuredAt(results, name, place)
      const dialects = all.filter(([each]) => groupOf(each) === 'Kysely dialects')
      const drivers = all.filter(([each]) => groupOf(each) === 'drivers, without Kysely')
      const driver = drivers.find(([each]) => each === 'better-sqlite3')
      return [
        ...wins(dialects, best(all, 'Poolclass', 'Poolclass, with threads')),
        ...wins(drivers, driver),
      ].map(([winner, loser]) => {
        const by = speed(winner[1], loser[1])
        const spread = `${by.low.toFixed(2)}–${by.high.toFixed(2)}`
        const [better, worse] = [winner, loser].map(
          ([who, rounds]) => `${who}, ${quantity(median(rounds), unit)}`,
        )
        return [name, columnName(place), better!, worse!, `${times(by.median)} (${spread})`]
      })
    }),
  )
  return table(['', 'place', 'faster, or less', 'than', 'by'], rows)
}

/** Those in which all take part. */
function wholeCases(cases: readonly CaseInFile[]): CaseInFile[] {
  return cases.filter(({ contestants }) => COMPARED.every((name) => contestants.includes(name)))
}

function measuredAt({ cases }: Results, name: string, place: Place): Measured[] {
  const outcomes = Object.entries(cases[name]?.[place] ?? {})
  return outcomes.flatMap(([who, rounds]) => (typeof rounds === 'string' ? [] : [[who, rounds] as const]))
}

/** Who clearly beats the loser in nine of ten rounds. */
function wins(all: readonly Measured[], loser: Measured | undefined): (readonly [Measured, Measured])[] {
  if (loser === undefined) return []
  const winners = all.filter(([, rounds]) => speed(rounds, loser[1]).low > CLEARLY)
  return winners.map((winner) => [winner, loser])
}

function best(all: readonly Measured[], ...groups: Group[]): Measured | undefined {
  const candidates = all.filter(([who]) => groups.some((group) => group === groupOf(who)))
  return candidates.toSorted(([, a], [, b]) => median(a) - median(b))[0]
}
