import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sampled } from '../support/effort.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const PROJECT = fileURLToPath(new URL('vitest-project', import.meta.url))

/** What Vitest itself tells its children would be taken for the project's. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')))

/** Runs the tests of a project in a Vitest of its own; returns their names with the errors of those that failed. */
async function outcomes(pool: string, config: string): Promise<Record<string, string | undefined>> {
  const report = join(temporaryDirectory(), 'report.json')
  const args = [
    'run',
    '--root',
    PROJECT,
    '--config',
    config,
    `--pool=${pool}`,
    '--reporter=json',
    '--outputFile',
    report,
  ]
  // It fails where a test does.
  await new ScriptProcess(VITEST, args, { env, node: [] }).ended().catch(() => {})
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const assertions = testResults.flatMap((result: any) => result.assertionResults)
  return Object.fromEntries(assertions.map((one: any) => [one.title, one.failureMessages[0]]))
}

describe.each(sampled(['threads', 'vmThreads']))('in Vitest with --pool=%s', (pool) => {
  test('shared memory is an error that names the cure, and the rest works', { tags: 'slow' }, async () => {
    expect(await outcomes(pool, 'vitest.config.ts')).toEqual({
      'two dialects share a memory database': expect.stringMatching(/UriSupportError.*globalSetup/),
      'objects of this realm are what they look like': undefined,
    })
  })

  test('shared memory works with a globalSetup that imports the package', async () => {
    expect(await outcomes(pool, 'with-setup.config.ts')).toEqual({
      'two dialects share a memory database': undefined,
      'objects of this realm are what they look like': undefined,
    })
  })
})
