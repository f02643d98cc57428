/**
 * `node scripts/run-failed-again.ts RESULTS.json [--mode quick]`, after a run of the tests with Vitest's JSON reporter: runs the files in which a test
 * failed once more, with nothing beside them, and ends as that run ends.
 *
 * A test that passes then was in the way of another one, or too impatient for a busy machine. That is a fault of its own, so
 * its name is printed. It does not undo the work of a change that has no part in it.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

interface Results {
  readonly testResults: readonly {
    /** The path of the file. */
    readonly name: string
    readonly status: 'passed' | 'failed'
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/** More than these files do not fail by chance. */
const MOST_FILES = 3

const [file = '', ...options] = process.argv.slice(2)
const { testResults }: Results = JSON.parse(readFileSync(file, 'utf8'))
const failed = testResults.filter(({ status }) => status === 'failed')
if (failed.length === 0) throw new Error('The run failed, but no test of it did: see above.')
if (failed.length > MOST_FILES) throw new Error(`Tests of ${failed.length} files failed: see above.`)

console.log('\nFailed, and run again alone:')
for (const { name, assertionResults } of failed) {
  const tests = assertionResults.filter(({ status }) => status === 'failed')
  for (const { fullName } of tests) console.log(`- ${fullName} (${name})`)
}
const paths = [...new Set(failed.map(({ name }) => name))]
const { status } = spawnSync('vitest', ['run', ...options, '--maxWorkers', '1', ...paths], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
