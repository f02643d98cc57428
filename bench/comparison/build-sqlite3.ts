import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

/**
 * The addon of sqlite3 is not built when the project is installed: it takes a minute, and a compiler or a download.
 * Where it cannot be built, sqlite3 cannot take part, and says so.
 */
export function buildSqlite3(): void {
  if (isBuilt()) return
  console.error('Building the addon of sqlite3, once: this takes a minute.')
  const cwd = dirname(createRequire(import.meta.url).resolve('sqlite3/package.json'))
  spawnSync('npm', ['run', 'install'], { cwd, stdio: 'ignore' })
  if (!isBuilt()) console.error('It cannot be built. The tables will say that sqlite3 cannot.')
}

/** Tried in another process: an import that has failed in this one would fail for ever. */
function isBuilt(): boolean {
  const args = ['--eval', "require('sqlite3')"]
  return spawnSync(process.execPath, args, { cwd: import.meta.dirname, stdio: 'ignore' }).status === 0
}
