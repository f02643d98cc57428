import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.ts'

const RESOLUTIONS = [
  ['nodenext', 'nodenext'],
  ['bundler', 'esnext'],
] as const

/** A project's dependencies on these versions of TypeScript, each under a name of its own. */
export function typescripts(versions: readonly string[]): Record<string, string> {
  const aliases = versions.map((version) => [`typescript-${version}`, `npm:typescript@${version}`])
  return { '@types/node': '^24.0.0', ...Object.fromEntries(aliases) }
}

/** Has each version read all declarations of the packages: nothing is skipped. */
export function checkTypes(project: string, versions: readonly string[]): void {
  copyFileSync(new URL('app/types.ts', import.meta.url), join(project, 'types.ts'))
  for (const version of versions) {
    for (const [moduleResolution, module] of RESOLUTIONS) {
      const compiler = join(project, `node_modules/typescript-${version}/bin/tsc`)
      const target = ['--target', 'es2022', '--lib', 'es2023,esnext.disposable', '--types', 'node']
      const options = [
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        'false',
        '--exactOptionalPropertyTypes',
        ...target,
      ]
      const modules = ['--module', module, '--moduleResolution', moduleResolution]
      run(process.execPath, [compiler, ...options, ...modules, 'types.ts'], project)
      console.log(`types: TypeScript ${version}, ${moduleResolution}`)
    }
  }
}
