/**
 * Side by side: the same queries on the same data through Kysely's own dialect, through the barest dialect that works,
 * and through ours.
 *
 * ```sh
 * pnpm speed                                      # all trials
 * pnpm speed --only 'point select' --rounds 50    # the trials of this name, with more rounds in each process
 * ```
 *
 * Each trial runs in several fresh processes, one after the other: V8 may optimise the same code otherwise in the next
 * process, and one trial must not warm up, or spoil, the code for another.
 */
import BetterSqlite3 from 'better-sqlite3'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measure, type Round } from './measure.ts'
import { type Outcome, report } from './report.ts'
import { trials, trialsNamed } from './trials/index.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '12' },
    processes: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
  },
})
const rounds = count('rounds', values.rounds)
const processes = count('processes', values.processes)

if (process.send === undefined) await compare()
else process.send(await measureAlone())

/** Runs each trial in processes of its own and prints what came of it. */
async function compare(): Promise<void> {
  const chosen = trialsNamed(values.only)
  const outcomes: Outcome[] = []
  for (const trial of chosen) {
    const all: Round[] = []
    for (let n = 1; n <= processes; n += 1) {
      console.error(`${trial.name}: process ${n} of ${processes}`)
      // oxlint-disable-next-line no-await-in-loop -- they would compete for the processor
      all.push(...(await measureElsewhere(trial.name)))
    }
    if (all.length > 0) outcomes.push({ trial, rounds: all })
    else console.log(`${trial.name}: not measured, see the error above`)
  }
  if (chosen.length === 0) {
    console.log(`No trial has ${values.only} in its name: ${trials.map(({ name }) => name).join('; ')}`)
    return
  }
  if (outcomes.length > 0) console.log(report(outcomes))
  const sqlite = new BetterSqlite3(':memory:').prepare('select sqlite_version()').pluck().get()
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}, SQLite ${sqlite}; ` +
      `medians of ${rounds * processes} rounds, ${rounds} in each of ${processes} processes. ` +
      '“close”: the wanted bound lies within the spread.',
  )
}

async function measureElsewhere(name: string): Promise<Round[]> {
  const child = fork(fileURLToPath(import.meta.url), ['--only', name, '--rounds', String(rounds)], {
    execArgv: ['--expose-gc'],
  })
  const measured: Round[] = []
  child.on('message', (message) => measured.push(...(message as Round[])))
  // It comes after all messages, also where the process has failed, and then it has said why.
  await once(child, 'disconnect')
  return measured
}

async function measureAlone(): Promise<Round[]> {
  const trial = trials.find(({ name }) => name === values.only)!
  const folder = mkdtempSync(join(tmpdir(), 'poolclass-bench-'))
  try {
    return await measure(trial, rounds, folder)
  } finally {
    rmSync(folder, { recursive: true })
    // The channel to the parent would keep this process up.
    setImmediate(() => process.disconnect())
  }
}

function count(name: string, value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number > 0) return number
  console.error(`--${name} must be a whole number above 0, not ${value}`)
  process.exit()
}
