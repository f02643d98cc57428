// @module-tag slow

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { printInLongRun, scaled, timeout } from '../support/effort.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const ROUNDS = scaled(5)

/** FAULTS_SEED=n: another one, such as that of a failure. */
const SEED = Number(process.env['FAULTS_SEED'] ?? 20_261_121)

/** Milliseconds. */
const STORM = 1000

/**
 * Milliseconds. Two hundred who time out one after the other need 40 s, and who waits for nobody's lock as long. Otherwise it takes one
 * second, or a few on a busy machine.
 */
const BOUND = 15_000

describe.each(['wal', 'delete'])(
  'in journal mode %s, whatever dialects write to one file,',
  (journal_mode) => {
    test(
      'nobody waits for a lock that nobody has, all that was acknowledged is there, nothing that was refused, and nothing is left',
      async () => {
        const table: object[] = []
        for (let round = 0; round < ROUNDS; round += 1) {
          // oxlint-disable no-await-in-loop -- round by round
          const seed = SEED + round
          const url = join(temporaryDirectory(), 'app.db')
          const storm = new ScriptProcess('faults/scripts/storm.ts', [
            url,
            journal_mode,
            String(seed),
            String(STORM),
          ])
          await storm.hasPrinted(1)
          const printed = performance.now()
          const { errors, lost, appeared, slowest, counts, toRest } = await storm.result()
          // oxlint-enable no-await-in-loop

          expect({ errors, lost, appeared }, `seed ${seed}`).toEqual({ errors: [], lost: [], appeared: [] })
          expect(Math.max(slowest.crowded, slowest.others, toRest), `seed ${seed}`).toBeLessThan(BOUND)
          expect(performance.now() - printed, `no timer keeps the process, seed ${seed}`).toBeLessThan(BOUND)
          table.push({ seed, ...slowest, ...counts })
        }
        printInLongRun(`storms in journal mode ${journal_mode}`, table)
      },
      timeout,
    )
  },
)
