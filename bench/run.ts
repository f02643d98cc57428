/**
 * The benchmarks: every pool class, with and without a thread, beside every peer; and how the cost grows. Without options,
 * everything is measured into docs/benchmarks.json and the documents. docs/speed.md has the options.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { allCases, type CaseInFile } from './cases/index.ts'
import { groupOf } from './contestants/index.ts'
import { caseTable, goalsTable } from './document/tables.ts'
import { write } from './document/write.ts'
import { asJson, type Figures, measure, type Results } from './results.ts'
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
const rounds = values.smoke ? 1 : Number(values.rounds)
const processes = values.smoke ? 1 : Number(values.processes)

if (!(rounds >= 1 && processes >= 1)) throw new Error('--rounds and --processes take numbers from 1')
if (chosen.length === 0) throw new Error('--only: no case has this in its name, see --list')
if (values.list) console.log(chosen.map(({ name }) => name).join('\n'))
else if (values.write) await write(cases, saved(), DOCS)
else if (values.smoke) await smoke()
else if (values.goals) await show(chosen.filter(({ goals }) => goals !== undefined).map(withoutOthers))
else if (chosen.length < cases.length) await show(chosen)
else await save()

async function save(): Promise<void> {
  const figures = await measureAll(cases)
  const results = { surroundings: await surroundings(), rounds, cases: figures }
  writeFileSync(JSON_FILE, `${asJson(results)}\n`)
  await write(cases, saved(), DOCS)
}

async function show(some: readonly CaseInFile[]): Promise<void> {
  const figures = await measureAll(some)
  const tables = some.map((each) => `${each.name}\n\n${caseTable(each, figures[each.name]!)}\n`)
  console.log([...(values.goals ? [] : tables), goalsTable(some, figures)].join('\n'))
}

/** The case with those alone whom its goals name, where they name them. */
function withoutOthers(each: CaseInFile): CaseInFile {
  const { goals = [], contestants, columns } = each
  const names = new Set(goals.flatMap(({ contestant, rival = contestant }) => [contestant, rival]))
  const named = new Set(goals.flatMap(({ at, rivalAt = at[0]! }) => at.concat(rivalAt)))
  return Object.assign(each, {
    contestants: contestants.filter((name) => names.has(name)),
    columns: columns.filter((column) => named.has(column)),
  })
}

/** Fails if somebody cannot do what they could in the saved results. The addons of drivers may be missing. */
async function smoke(): Promise<void> {
  const { cases: before } = saved()
  for (const each of chosen) {
    const column = each.columns.includes('WAL file') ? 'WAL file' : each.columns[0]!
    const { [each.name]: figures } = await measureAll([{ ...each, columns: [column], warmUp: 0 }])
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
    figures[each.name] = await measure(each, rounds, processes)
  }
  return figures
}

/** Its addon is not built at install: it takes a minute, and a compiler or a download. Without it, sqlite3 cannot. */
function buildSqlite3(): void {
  const cwd = dirname(findPackageJSON('sqlite3', import.meta.url)!)
  // In another process: an import that has failed in this one would fail for ever.
  const { status } = spawnSync(process.execPath, ['--eval', "require('.')"], { cwd, stdio: 'ignore' })
  if (status !== 0) spawnSync('npm', ['run', 'install'], { cwd, stdio: 'ignore' })
}

function saved(): Results {
  return JSON.parse(readFileSync(JSON_FILE, 'utf8')) as Results
}
