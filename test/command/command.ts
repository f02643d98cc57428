import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const COMMAND = resolve(import.meta.dirname, '../../packages/dialect/src/command/command.ts')

export interface Ran {
  readonly output: string
  readonly errors: string
  readonly code: number | null
}

/** Runs the packages' command in a directory, from its sources. */
export function poolclass(cwd: string, ...args: readonly string[]): Ran {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...NODE, ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { output: stdout, errors: stderr, code: status }
}

/** As `poolclass`, and does not wait for its end. */
export function startPoolclass(cwd: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...NODE, ...args], { cwd, stdio: 'ignore' })
}

const NODE = ['--conditions=source', '--disable-warning=ExperimentalWarning', COMMAND]
