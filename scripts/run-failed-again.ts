/**
 * Runs the files in which a test failed once more, with nothing beside them, and ends as that run ends. Called with the file of
 * Vitest's JSON reporter, and `--mode quick` after the quick run.
 *
 * A test that passes then was disturbed by another one, or is too impatient for a busy machine. That is a fault of the test, so
 * its name is printed. The change under test is not to blame for it.
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
  console.log(`- ${name}`)
  for (const { fullName } of tests) console.log(`  - ${fullName}`)
}
const paths = [...new Set(failed.map(({ name }) => name))]
const { status } = spawnSync('vitest', ['run', ...options, '--maxWorkers', '1', ...paths], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
