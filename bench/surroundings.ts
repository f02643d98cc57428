import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { cpus, release, totalmem, type } from 'node:os'
import { open } from './contestants/index.ts'

/** When and on what it was measured. */
export async function surroundings(): Promise<string> {
  const libraries = ['kysely', 'kysely-generic-sqlite'].map((name) => `${name} ${versionOf(name)}`)
  for (const driver of ['better-sqlite3', 'node:sqlite', 'libsql', 'sqlite3']) {
    libraries.push(`${driver} ${versionOf(driver)} (SQLite ${await sqliteOf(driver)})`)
  }
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const system = `${type()} ${release().split('.', 2).join('.')}, Node.js ${process.versions.node}`
  const machine = `${cpus().length} × ${cpus()[0]?.model}, ${memory}, ${system}`
  return `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine}; ${libraries.join(', ')}.`
}

function versionOf(library: string): string {
  if (library === 'node:sqlite') return process.versions.node
  return JSON.parse(readFileSync(findPackageJSON(library, import.meta.url)!, 'utf8')).version
}

async function sqliteOf(driver: string): Promise<unknown> {
  try {
    return await (await open({ contestant: driver, column: 'memory' })).value('select sqlite_version()')
  } catch {
    return 'not built'
  }
}
