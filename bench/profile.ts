/**
 * Runs one contestant of one trial for a while, for a profiler:
 *
 * ```sh
 * node --cpu-prof --cpu-prof-dir=/tmp bench/profile.ts --trial 'insert, WAL' --contestant StaticPool --seconds 5
 * node bench/profile.ts --trial 'insert, WAL' --contestant StaticPool --allocations
 * ```
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sampleAllocations } from './allocations.ts'
import type { Entrant } from './trial.ts'
import { trialsNamed } from './trials/index.ts'

const { values } = parseArgs({
  options: {
    trial: { type: 'string', default: 'point select, memory' },
    contestant: { type: 'string', default: 'StaticPool' },
    seconds: { type: 'string', default: '5' },
    allocations: { type: 'boolean', default: false },
  },
})
const [trial] = trialsNamed(values.trial)
const contestant = trial?.contestants[values.contestant]
if (trial === undefined || contestant === undefined) {
  throw new Error(`There is no trial ${values.trial}, or no contestant ${values.contestant} in it`)
}
const folder = mkdtempSync(join(tmpdir(), 'poolclass-profile-'))
const entrant = await contestant(folder)
try {
  await entrant.run(trial.batch)
  await entrant.reset?.()
  if (values.allocations) await showAllocations(entrant, trial.batch)
  else await showTime(entrant, trial.batch)
} finally {
  await entrant.close()
  rmSync(folder, { recursive: true })
}

async function showTime(running: Entrant, batch: number): Promise<void> {
  const end = performance.now() + Number(values.seconds) * 1000
  let spent = 0
  let operations = 0
  while (performance.now() < end) {
    const start = performance.now()
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await running.run(batch)
    spent += performance.now() - start
    operations += batch
    // oxlint-disable-next-line no-await-in-loop
    await running.reset?.()
  }
  console.log(`${((spent * 1e6) / operations).toFixed(0)} ns each`)
}

async function showAllocations(running: Entrant, batch: number): Promise<void> {
  const end = performance.now() + Number(values.seconds) * 1000
  let operations = 0
  const allocations = await sampleAllocations(async () => {
    while (performance.now() < end) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await running.run(batch)
      operations += batch
    }
  })
  const total = allocations.reduce((sum, { bytes }) => sum + bytes, 0)
  console.log(`${(total / operations).toFixed(0)} bytes each, of which`)
  for (const { where, bytes } of allocations.slice(0, 25)) {
    console.log(`${(bytes / operations).toFixed(0).padStart(6)}  ${where}`)
  }
}
