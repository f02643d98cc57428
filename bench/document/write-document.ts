import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { subjects } from '../comparison/subjects.ts'
import { plots } from '../growth/index.ts'
import { atAGlance, peersThatWin } from './at-a-glance.ts'
import { comparisonChart } from './comparison-chart.ts'
import { comparisonSection } from './comparison-section.ts'
import { growthChart } from './growth-chart.ts'
import { growthSection } from './growth-section.ts'
import { explanation, introduction, peersExplained } from './prose.ts'
import type { Results } from './results.ts'

const IMAGES = 'benchmarks'

/** Writes `benchmarks.md` and its charts. */
export async function writeDocument(results: Results, folder: string): Promise<void> {
  const images = join(folder, IMAGES)
  rmSync(images, { recursive: true, force: true })
  mkdirSync(images)
  const save = async (name: string, svg: Promise<string>): Promise<string> => {
    const file = `${name.replaceAll(/[^a-z0-9]+/g, '-')}.svg`
    writeFileSync(join(images, file), `${await svg}\n`)
    return `${IMAGES}/${file}`
  }
  const sections: string[] = []
  for (const subject of subjects) {
    const compared = results.comparison.filter((each) => each.subject === subject.name)
    // oxlint-disable-next-line no-await-in-loop -- in this order
    const image = await save(subject.name, comparisonChart(subject, compared))
    sections.push(comparisonSection(subject, compared, image))
  }
  const growth: string[] = []
  for (const plot of plots) {
    const grown = results.growth.filter((each) => each.plot === plot.name)
    // oxlint-disable-next-line no-await-in-loop -- in this order
    const image = await save(`growth-${plot.name}`, growthChart(plot, grown))
    growth.push(growthSection(plot, grown, image))
  }
  const parts = [
    introduction(results),
    '## At a glance',
    explanation,
    atAGlance(subjects, results.comparison, 'memory'),
    atAGlance(subjects, results.comparison, 'WAL file'),
    '## Where a peer wins',
    peersExplained,
    peersThatWin(subjects, results.comparison),
    '## Side by side',
    ...sections,
    '## How the cost grows',
    ...growth,
  ]
  writeFileSync(join(folder, 'benchmarks.md'), `${parts.join('\n\n')}\n`)
}
