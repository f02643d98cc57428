import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

/**
 * The addon of sqlite3 is not built when the project is installed: it takes a minute, and a compiler or a download.
 * Where it cannot be built, sqlite3 cannot take part, and says so.
 */
export async function buildSqlite3(): Promise<void> {
  try {
    await import('sqlite3')
  } catch {
    console.error('Building the addon of sqlite3, once: this takes a minute.')
    const folder = dirname(createRequire(import.meta.url).resolve('sqlite3/package.json'))
    const { status } = spawnSync('npm', ['run', 'install'], { cwd: folder, stdio: 'ignore' })
    if (status !== 0) console.error('It cannot be built. The tables will say that sqlite3 cannot.')
  }
}
