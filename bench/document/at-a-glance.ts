import type { Compared } from '../comparison/compare.ts'
import type { Group } from '../comparison/contestants/contestant.ts'
import { BASELINE, contestants } from '../comparison/contestants/index.ts'
import { PLACES, type Subject } from '../comparison/subjects.ts'
import type { Place } from '../place.ts'
import { outcomeOf } from './comparison-section.ts'
import { PLACE_NAMES } from './place-names.ts'
import { quantity, times } from './quantity.ts'
import { summarizeSpeed } from './summary.ts'
import { table } from './table.ts'
import { quantile } from '../quantile.ts'

const OTHERS = ['kysely-generic-sqlite', 'kysely-generic-sqlite, worker', 'better-sqlite3']

interface Measured {
  readonly contestant: string
  readonly rounds: readonly number[]
}

/** One row for each subject: the fastest pool class of each home, and the most important peers. */
export function atAGlance(
  subjects: readonly Subject[],
  comparison: readonly Compared[],
  place: Place,
): string {
  const rows = subjects
    .filter(({ unit }) => unit === 'nanoseconds')
    .map(({ name }) => {
      const compared = comparison.filter(({ subject }) => subject === name)
      const baseline = outcomeOf(compared, BASELINE, place)
      const contenders = [
        best(compared, place, ['Poolclass']),
        best(compared, place, ['Poolclass, one thread']),
        ...OTHERS.map((other) => entrant(compared, other, place)),
      ]
      return [name].concat(
        'rounds' in baseline ? quantity(quantile(baseline.rounds, 0.5), 'nanoseconds') : 'cannot',
        contenders.map((contender) =>
          contender === undefined || 'cannot' in baseline
            ? 'cannot'
            : times(summarizeSpeed(contender.rounds, baseline.rounds).median),
        ),
      )
    })
  return table([PLACE_NAMES[place], BASELINE, 'best pool class', 'best with `threads: 1`', ...OTHERS], rows)
}

/** Where a peer beats the best pool class: dialects in anything, drivers better-sqlite3, which is under Poolclass. */
export function peersThatWin(subjects: readonly Subject[], comparison: readonly Compared[]): string {
  const rows = subjects.flatMap(({ name, unit }) =>
    PLACES.flatMap((place) => {
      const compared = comparison.filter(({ subject }) => subject === name)
      const own = best(compared, place, ['Poolclass', 'Poolclass, one thread'])
      return [
        ...winners(compared, place, 'Kysely dialects', own),
        ...winners(compared, place, 'drivers, without Kysely', entrant(compared, 'better-sqlite3', place)),
      ].map(({ winner, loser }) => {
        const speed = summarizeSpeed(winner.rounds, loser.rounds)
        return [
          name,
          PLACE_NAMES[place],
          `${winner.contestant}, ${quantity(quantile(winner.rounds, 0.5), unit)}`,
          `${loser.contestant}, ${quantity(quantile(loser.rounds, 0.5), unit)}`,
          `${times(speed.median)} (${speed.low.toFixed(2)}–${speed.high.toFixed(2)})`,
        ]
      })
    }),
  )
  return table(['', 'place', 'faster, or less', 'than', 'by'], rows)
}

/** Less is none. */
const CLEARLY = 1.02

/** Those of the group that clearly beat the other in nine of ten rounds. */
function winners(
  compared: readonly Compared[],
  place: Place,
  group: Group,
  loser: Measured | undefined,
): { winner: Measured; loser: Measured }[] {
  if (loser === undefined) return []
  return candidates(compared, place, [group])
    .filter(({ contestant }) => contestant !== loser.contestant)
    .filter(({ rounds }) => summarizeSpeed(rounds, loser.rounds).low > CLEARLY)
    .map((winner) => ({ winner, loser }))
}

function best(compared: readonly Compared[], place: Place, groups: readonly Group[]): Measured | undefined {
  const median = ({ rounds }: Measured): number => quantile(rounds, 0.5)
  return candidates(compared, place, groups).toSorted((a, b) => median(a) - median(b))[0]
}

function candidates(compared: readonly Compared[], place: Place, groups: readonly Group[]): Measured[] {
  return contestants
    .filter(({ group }) => groups.includes(group))
    .flatMap(({ name }) => entrant(compared, name, place) ?? [])
}

function entrant(compared: readonly Compared[], contestant: string, place: Place): Measured | undefined {
  const outcome = outcomeOf(compared, contestant, place)
  return 'rounds' in outcome ? { contestant, rounds: outcome.rounds } : undefined
}
