import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CaseInFile } from '../cases/index.ts'
import { freshRounds, type Results } from '../results.ts'
import { caseTable } from './case-table.ts'
import { chart } from './chart.ts'
import { goalsTable } from './goals-table.ts'
import { atAGlance, peersThatWin } from './peers.ts'

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
    ['surroundings', surroundingsText(results)],
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
  for (const document of ['benchmarks.md', 'speed.md']) {
    const path = join(docs, document)
    const text = readFileSync(path, 'utf8').replaceAll(
      REGION,
      (_, begin: string, name: string, end: string) => {
        const region = regions.get(name)
        if (region === undefined) throw new Error(`${document} asks for “${name}”, and no case has this name`)
        return `${begin}\n${region}\n\n${end}`
      },
    )
    writeFileSync(path, text)
  }
}

async function image(chosen: CaseInFile, figures: Results['cases'][string], docs: string): Promise<string> {
  if (Object.keys(figures).length < CHARTED) return ''
  const file = join(IMAGES, `${chosen.name.replaceAll(/[^a-z0-9]+/g, '-')}.svg`)
  writeFileSync(join(docs, file), `${await chart(chosen, figures)}\n`)
  return `![${chosen.name}: medians of all contestants](${file})\n\n`
}

function surroundingsText({ surroundings, rounds }: Results): string {
  const { day, processors, memory, system, node, libraries } = surroundings
  return `Measured on ${day}, in ${rounds} rounds (cold start and memory: ${freshRounds(rounds)}).
${processors}, ${memory}, ${system}, ${node}; ${libraries}.`
}
