import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { cpus, release, totalmem, type } from 'node:os'
import { open } from './contestants/index.ts'

const DRIVERS = ['better-sqlite3', 'node:sqlite', 'libsql', 'sqlite3']

/** On what it was measured. */
export type Surroundings = Awaited<ReturnType<typeof surroundings>>

// oxlint-disable-next-line explicit-function-return-type -- the type above is its result
export async function surroundings() {
  const libraries = ['kysely', 'kysely-generic-sqlite'].map((name) => `${name} ${versionOf(name)}`)
  for (const name of DRIVERS) libraries.push(`${name} ${versionOf(name)} (SQLite ${await sqliteOf(name)})`)
  return {
    day: new Date().toISOString().slice(0, 10),
    processors: `${cpus().length} × ${cpus()[0]?.model}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release().split('.', 2).join('.')}`,
    node: `Node.js ${process.versions.node}`,
    libraries: libraries.join(', '),
  }
}

function versionOf(library: string): string {
  if (library === 'node:sqlite') return process.versions.node
  return JSON.parse(readFileSync(findPackageJSON(library, import.meta.url)!, 'utf8')).version
}

/** An addon may be missing here. */
async function sqliteOf(driver: string): Promise<unknown> {
  try {
    const client = await open({ contestant: driver, column: 'memory', folder: '' })
    return await client.value('select sqlite_version()')
  } catch {
    return 'not built'
  }
}
