import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const COMMAND = resolve(import.meta.dirname, '../../packages/dialect/src/command/command.ts')

export interface Ran {
  readonly output: string
  readonly errors: string
  readonly code: number | null
}

/** Runs the packages' command in a directory, from its sources. */
export function poolclass(cwd: string, ...args: readonly string[]): Ran {
  const node = ['--conditions=source', '--disable-warning=ExperimentalWarning', COMMAND, ...args]
  const { stdout, stderr, status } = spawnSync(process.execPath, node, { cwd, encoding: 'utf8' })
  return { output: stdout, errors: stderr, code: status }
}
