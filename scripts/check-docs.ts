/** Fails where a link of the documentation leads nowhere, or the list of decisions lacks one. */
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { brokenLinks } from './broken-links.ts'

const root = resolve(import.meta.dirname, '..')
const decisions = resolve(root, 'docs/decisions')
const list = readFileSync(resolve(decisions, 'README.md'), 'utf8')
const titleOf = (file: string): string =>
  /^# (.+)$/m.exec(readFileSync(resolve(decisions, file), 'utf8'))?.[1] ?? ''
const unlisted = globSync('*.md', { cwd: decisions }).filter(
  (file) => file !== 'README.md' && !list.includes(`[${titleOf(file)}](${file})`),
)

const faults = [
  ...brokenLinks(root).map((link) => `leads nowhere: ${link}`),
  ...unlisted.map((file) => `not in docs/decisions/README.md, or not with its title: ${file}`),
]
for (const fault of faults) console.error(fault)
process.exitCode = faults.length === 0 ? 0 : 1
