/**
 * The whole comparison: every pool class, with and without a thread, beside every peer, and how the cost grows.
 *
 * ```sh
 * pnpm bench                          # everything, into docs/benchmarks.md and docs/benchmarks.json
 * pnpm bench --only 'point select'    # what has this in its name, to the terminal
 * pnpm bench --write                  # the document again, from docs/benchmarks.json
 * ```
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compare, type Compared } from './comparison/compare.ts'
import { subjects } from './comparison/subjects.ts'
import { buildSqlite3 } from './comparison/build-sqlite3.ts'
import { comparisonSection } from './document/comparison-section.ts'
import { growthSection } from './document/growth-section.ts'
import type { Results } from './document/results.ts'
import { surroundings } from './document/surroundings.ts'
import { writeDocument } from './document/write-document.ts'
import { grow, type Grown } from './growth/grow.ts'
import { plots } from './growth/index.ts'

const DOCS = join(import.meta.dirname, '..', 'docs')
const JSON_FILE = join(DOCS, 'benchmarks.json')

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '11' },
    write: { type: 'boolean', default: false },
  },
})

if (values.write) await writeDocument(JSON.parse(readFileSync(JSON_FILE, 'utf8')) as Results, DOCS)
else await measure(values.only, { rounds: count('rounds', values.rounds), warmUp: 200 })

async function measure(only: string, plan: Results['plan']): Promise<void> {
  const isChosen = ({ name }: { name: string }): boolean => name.includes(only)
  if (subjects.some(isChosen)) buildSqlite3()
  const comparison: Compared[] = []
  const growth: Grown[] = []
  // oxlint-disable no-await-in-loop -- they would compete for the processor
  for (const subject of subjects.filter(isChosen)) {
    comparison.push(...(await compare(subject, plan, progress)))
    if (only !== '') console.log(comparisonSection(subject, comparison, ''))
  }
  for (const plot of plots.filter(isChosen)) {
    progress(plot.name)
    growth.push(...(await grow(plot, plan)))
    if (only !== '') console.log(growthSection(plot, growth, ''))
  }
  // oxlint-enable no-await-in-loop
  if (only !== '') return
  const results: Results = { surroundings: await surroundings(), plan, comparison, growth }
  writeFileSync(JSON_FILE, asJson(results))
  await writeDocument(results, DOCS)
}

/** One line for each outcome, without digits that mean nothing. */
function asJson({ comparison, growth, ...rest }: Results): string {
  const head = JSON.stringify(rest, null, 2).slice(0, -2)
  return `${head},\n"comparison": ${jsonLines(comparison)},\n"growth": ${jsonLines(growth)}\n}\n`
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}

function jsonLines(items: readonly object[]): string {
  return `[\n${items.map((item) => JSON.stringify(item, rounded)).join(',\n')}\n]`
}

function progress(what: string): void {
  console.error(`${new Date().toTimeString().slice(0, 8)} ${what}`)
}

function count(name: string, value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number > 0) return number
  console.error(`--${name} must be a whole number above 0, not ${value}`)
  process.exit(1)
}
