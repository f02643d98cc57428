/**
 * The benchmarks: every pool class, with and without a thread, beside every peer; and how the cost grows.
 *
 * ```sh
 * pnpm bench                                     # everything, into docs/benchmarks.json and the documents
 * pnpm bench --only insert --only 'cold start'   # the cases with this in their names, to the terminal
 * pnpm bench --write                             # the documents again, from docs/benchmarks.json
 * pnpm bench --smoke                             # whether every case works: one round, no warm-up, no figures
 * pnpm bench --list                              # the names of the cases
 * pnpm speed --only 'point select'               # the goals alone, and those whom they name
 * ```
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { allCases, type CaseInFile } from './cases/index.ts'
import { groupOf } from './contestants/index.ts'
import { caseTable } from './document/case-table.ts'
import { goalsTable } from './document/goals-table.ts'
import { write } from './document/write.ts'
import { asJson, type Effort, type Figures, measure, type Results } from './results.ts'
import { surroundings } from './surroundings.ts'

const DOCS = join(import.meta.dirname, '..', 'docs')
const JSON_FILE = join(DOCS, 'benchmarks.json')

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    rounds: { type: 'string', default: '11' },
    processes: { type: 'string', default: '1' },
    goals: { type: 'boolean' },
    write: { type: 'boolean' },
    smoke: { type: 'boolean' },
    list: { type: 'boolean' },
  },
})
const cases = await allCases()
const chosen = cases.filter(({ name }) => values.only.some((part) => name.includes(part)))
const counts = { rounds: Number(values.rounds), processes: Number(values.processes) }
const effort: Effort = { ...(values.smoke ? { rounds: 1, processes: 1 } : counts), warmsUp: !values.smoke }

if (!Object.values(counts).every((count) => Number.isInteger(count) && count > 0)) {
  fail('--rounds and --processes take whole numbers above 0')
} else if (chosen.length === 0) fail(`No case has ${values.only.join(', ')} in its name: see --list`)
else if (values.list) for (const { name } of chosen) console.log(name)
else if (values.write) await write(cases, saved(), DOCS)
else if (values.smoke) await smoke()
else if (values.goals)
  await showGoals(chosen.map(withoutOthers).filter(({ contestants }) => contestants.length > 0))
else if (chosen.length < cases.length) await show()
else await save()

async function save(): Promise<void> {
  const figures = await measureAll(cases)
  const results = { surroundings: await surroundings(), rounds: effort.rounds, cases: figures }
  writeFileSync(JSON_FILE, `${asJson(results)}\n`)
  await write(cases, results, DOCS)
}

async function show(): Promise<void> {
  const figures = await measureAll(chosen)
  for (const each of chosen) console.log(`${each.name}\n\n${caseTable(each, figures[each.name]!)}\n`)
  console.log(goalsTable(chosen, figures))
}

async function showGoals(named: readonly CaseInFile[]): Promise<void> {
  console.log(goalsTable(named, await measureAll(named)))
}

/** The case with those alone whom its goals name, where they name them. */
function withoutOthers(chosenCase: CaseInFile): CaseInFile {
  const { goals = [], contestants, columns } = chosenCase
  return {
    ...chosenCase,
    contestants: contestants.filter((name) =>
      goals.some((goal) => [goal.contestant, goal.rival].includes(name)),
    ),
    columns: columns.filter((column) => goals.some(({ at, rivalAt }) => [...at, rivalAt].includes(column))),
  }
}

/** Fails if somebody cannot do what they could in the saved results. The addons of drivers may be missing. */
async function smoke(): Promise<void> {
  const { cases: before } = saved()
  for (const each of chosen) {
    const column = each.columns.includes('WAL file') ? 'WAL file' : each.columns[0]!
    const { [each.name]: figures } = await measureAll([{ ...each, columns: [column] }])
    for (const [contestant, outcome] of Object.entries(figures![column]!)) {
      if (typeof outcome !== 'string') continue
      console.log(`${each.name}, ${column}, ${contestant}: ${outcome}`)
      const could = Array.isArray(before[each.name]?.[column]?.[contestant])
      if (could && groupOf(contestant) !== 'drivers, without Kysely') process.exitCode = 1
    }
  }
}

async function measureAll(all: readonly CaseInFile[]): Promise<Record<string, Figures>> {
  if (all.some(({ contestants }) => contestants.includes('sqlite3'))) buildSqlite3()
  const figures: Record<string, Figures> = {}
  for (const each of all) {
    console.error(`${new Date().toTimeString().slice(0, 8)} ${each.name}`)
    figures[each.name] = await measure(each, effort)
  }
  return figures
}

/** Its addon is not built at install: it takes a minute, and a compiler or a download. */
function buildSqlite3(): void {
  const cwd = dirname(findPackageJSON('sqlite3', import.meta.url)!)
  // In another process: an import that has failed in this one would fail for ever.
  if (spawnSync(process.execPath, ['--eval', "require('.')"], { cwd, stdio: 'ignore' }).status === 0) return
  console.error('Building the addon of sqlite3, once. If it fails, the tables say that sqlite3 cannot.')
  spawnSync('npm', ['run', 'install'], { cwd, stdio: 'ignore' })
}

function saved(): Results {
  return JSON.parse(readFileSync(JSON_FILE, 'utf8')) as Results
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
