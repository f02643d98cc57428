import { accessSync, constants, existsSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Why a database file cannot be opened, where that is plain to see; SQLite's message does not say it. */
export function whyUnopenable(path: string, mustExist: boolean): string | undefined {
  let found: Stats | undefined
  try {
    found = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    return (error as Error).message
  }
  if (found?.isDirectory() === true) return 'it is a directory'
  if (found !== undefined) return allows(path, constants.R_OK) ? undefined : 'this process may not read it'
  const folder = dirname(path)
  if (!existsSync(folder)) return 'its directory does not exist'
  if (mustExist) return 'it does not exist'
  return allows(folder, constants.W_OK)
    ? undefined
    : 'it does not exist, and this process may not write to its directory'
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
