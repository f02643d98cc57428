import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/**
 * Runs a script of `test/support/scripts` in a new process, and returns the JSON that it printed. A script that never
 * ends, even one that blocks its thread, is killed after a while, which is an error.
 */
export async function outputOf(
  script: string,
  args: readonly string[],
  surroundings: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<any> {
  const path = fileURLToPath(new URL(`scripts/${script}`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', path, ...args], {
    ...surroundings,
    timeout: 55_000,
    killSignal: 'SIGKILL',
  })
  return JSON.parse(stdout)
}
