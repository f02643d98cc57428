import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/**
 * Runs a script of `test/support/scripts` in a new process, and returns the JSON that it printed. A script that never
 * ends, even one that blocks its thread, is an error after a while.
 */
export async function outputOf(script: string, ...args: string[]): Promise<unknown> {
  const path = fileURLToPath(new URL(`scripts/${script}`, import.meta.url))
  const argv = ['--conditions=source', path, ...args]
  const { stdout } = await promisify(execFile)(process.execPath, argv, {
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
  return JSON.parse(stdout)
}
