import type { Compared } from '../comparison/compare.ts'
import { BASELINE, contestants } from '../comparison/contestants/index.ts'
import { PLACES, type Subject } from '../comparison/subjects.ts'
import type { Place } from '../place.ts'
import { PLACE_NAMES } from './place-names.ts'
import { quantity, range, times } from './quantity.ts'
import { remarks } from './remarks.ts'
import { summarize, summarizeSpeed } from './summary.ts'
import { table } from './table.ts'

/** What is compared, the chart, the table, and who cannot and why. */
export function comparisonSection(subject: Subject, compared: readonly Compared[], image: string): string {
  const reasons: string[] = []
  const rows = contestants.map(({ name }) =>
    [name].concat(PLACES.map((place) => cell(subject, compared, name, place, reasons))),
  )
  return [
    `### ${capitalized(subject.name)}`,
    subject.about,
    `![${subject.name}: medians of all contestants at each place](${image})`,
    table(['', ...PLACES.map((place) => PLACE_NAMES[place])], rows),
    reasons.map((reason, index) => `${index + 1}. ${reason}`).join('\n'),
    remarks[subject.name] ?? '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function cell(
  subject: Subject,
  compared: readonly Compared[],
  contestant: string,
  place: Place,
  reasons: string[],
): string {
  const outcome = outcomeOf(compared, contestant, place)
  if ('cannot' in outcome) return `cannot (${footnote(outcome.cannot, reasons)})`
  const { median, low, high } = summarize(outcome.rounds)
  const text = `${quantity(median, subject.unit)} (${range(low, high, subject.unit)})`
  const rival = outcomeOf(compared, BASELINE, place)
  if (contestant === BASELINE || subject.unit === 'bytes' || 'cannot' in rival) return text
  return `${text} ${times(summarizeSpeed(outcome.rounds, rival.rounds).median)}`
}

export function outcomeOf(
  compared: readonly Compared[],
  contestant: string,
  place: Place,
): Compared['outcome'] {
  const found = compared.find((each) => each.contestant === contestant && each.place === place)
  return found?.outcome ?? { cannot: 'Not measured.' }
}

function footnote(reason: string, reasons: string[]): number {
  if (!reasons.includes(reason)) reasons.push(reason)
  return reasons.indexOf(reason) + 1
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
