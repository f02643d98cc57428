/**
 * Puts what a package shows of the whole project into its folder before it is packed, and takes it out afterwards.
 * Arguments: `copy` or `remove`, and the names, which are the same in both folders.
 */
import { cpSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const [action, ...names] = process.argv.slice(2)

for (const name of names) {
  rmSync(name, { recursive: true, force: true })
  if (action !== 'copy') continue
  cpSync(join(root, name), name, { recursive: true, filter: (path) => !path.endsWith('node_modules') })
}
