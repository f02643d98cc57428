import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CaseInFile } from '../cases/index.ts'
import type { Results } from '../results.ts'
import { chart } from './chart.ts'
import { atAGlance, caseTable, goalsTable, peersThatWin } from './tables.ts'

const IMAGES = 'benchmarks'
/** Columns from which a chart shows more than the table. */
const CHARTED = 3
/** What stands between two comments is written here, the rest by hand. */
const REGION = /(<!-- measured: (.+) -->\n)[^]*?(<!-- end -->)/g

/** Writes all that is measured into the documents, and draws the charts. */
export async function write(cases: readonly CaseInFile[], results: Results, docs: string): Promise<void> {
  rmSync(join(docs, IMAGES), { recursive: true, force: true })
  mkdirSync(join(docs, IMAGES))
  const regions = new Map([
    ['surroundings', `${results.surroundings} ${results.rounds} rounds.`],
    ['at a glance, memory', atAGlance(cases, results, 'memory')],
    ['at a glance, WAL file', atAGlance(cases, results, 'WAL file')],
    ['peers that win', peersThatWin(cases, results)],
    ['goals', goalsTable(cases, results.cases)],
  ])
  for (const each of cases) {
    const figures = results.cases[each.name]
    if (figures === undefined) regions.set(each.name, 'Not measured in this run.')
    else regions.set(each.name, `${await image(each, figures, docs)}${caseTable(each, figures)}`)
  }
  const regionOf = (name: string): string => {
    const region = regions.get(name)
    if (region === undefined) throw new Error(`A document asks for “${name}”, and no case has this name`)
    return region
  }
  for (const path of ['benchmarks.md', 'drivers.md', 'speed.md'].map((document) => join(docs, document))) {
    const filled = (_: string, begin: string, name: string, end: string): string =>
      `${begin}\n${regionOf(name)}\n\n${end}`
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(REGION, filled))
  }
}

async function image(chosen: CaseInFile, figures: Results['cases'][string], docs: string): Promise<string> {
  if (Object.keys(figures).length < CHARTED) return ''
  const file = join(IMAGES, `${chosen.name.replaceAll(/[^a-z0-9]+/g, '-')}.svg`)
  writeFileSync(join(docs, file), `${await chart(chosen, figures)}\n`)
  return `![${chosen.name}: medians of all contestants](${file})\n\n`
}
