import { join } from 'node:path'
import { PROGRAMS } from './programs.ts'
import { run } from './run.ts'

/** A project's dependencies on these versions of Node.js, each under a name of its own. */
export function nodes(versions: readonly string[]): Record<string, string> {
  const name = `node-${process.platform}-${process.arch}`
  return Object.fromEntries(versions.map((version) => [`node-${version}`, `npm:${name}@${version}`]))
}

export function checkNodes(project: string, versions: readonly string[]): void {
  for (const version of versions) {
    const node = join(project, `node_modules/node-${version}/bin/node`)
    for (const program of PROGRAMS) run(node, [program], project)
    console.log(`programs: Node.js ${run(node, ['--version'], project).trim()}`)
  }
}
