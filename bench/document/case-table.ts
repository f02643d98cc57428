import type { CaseInFile } from '../cases/index.ts'
import { BASELINE } from '../contestants/index.ts'
import type { Figures } from '../results.ts'
import { columnName, quantity, range, speed, summarize, table, times } from './format.ts'

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
  const byName = names.map((name) => [name, ...columns.map((column) => cell(name, column))])
  const byColumn = columns.map((column) => [columnName(column), ...names.map((name) => cell(name, column))])
  const whole =
    varied === undefined
      ? table(['', ...columns.map(columnName)], byName)
      : table([varied.title, ...names], byColumn)
  return [whole, '', ...reasons.map((reason, index) => `${index + 1}. ${reason}`)].join('\n').trimEnd()
}
