/**
 * Runs one contestant of one trial for a while, for a profiler:
 *
 * ```sh
 * node --cpu-prof --cpu-prof-dir=/tmp bench/profile.ts --trial 'insert, WAL' --contestant StaticPool --seconds 5
 * ```
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { trialsNamed } from './trials/index.ts'

const { values } = parseArgs({
  options: {
    trial: { type: 'string', default: 'point select, memory' },
    contestant: { type: 'string', default: 'StaticPool' },
    seconds: { type: 'string', default: '5' },
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
  const end = performance.now() + Number(values.seconds) * 1000
  let spent = 0
  let operations = 0
  while (performance.now() < end) {
    const start = performance.now()
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await entrant.run(trial.batch)
    spent += performance.now() - start
    operations += trial.batch
    // oxlint-disable-next-line no-await-in-loop
    await entrant.reset?.()
  }
  console.log(`${trial.name}, ${values.contestant}: ${((spent * 1e6) / operations).toFixed(0)} ns each`)
} finally {
  await entrant.close()
  rmSync(folder, { recursive: true })
}
