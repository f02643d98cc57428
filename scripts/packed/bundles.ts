import * as esbuild from 'esbuild'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import * as vite from 'vite'
import { run } from './run.ts'

/** An ESM bundle needs it as soon as a package in it is CommonJS. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const BUNDLERS: Readonly<Record<string, (project: string, folder: string) => Promise<string>>> = {
  async 'esbuild, ESM'(project, folder) {
    return bundleWithEsbuild(project, join(folder, 'app.mjs'), 'esm')
  },
  async 'esbuild, CommonJS'(project, folder) {
    return bundleWithEsbuild(project, join(folder, 'app.cjs'), 'cjs')
  },
  async 'Vite SSR'(project, folder) {
    await vite.build({
      root: project,
      logLevel: 'error',
      ssr: { noExternal: true, external: ['better-sqlite3'] },
      build: {
        ssr: 'quick-start.mjs',
        outDir: folder,
        rolldownOptions: { output: { entryFileNames: 'app.mjs' } },
      },
    })
    return join(folder, 'app.mjs')
  },
}

async function bundleWithEsbuild(project: string, outfile: string, format: 'esm' | 'cjs'): Promise<string> {
  await esbuild.build({
    entryPoints: [join(project, 'quick-start.mjs')],
    bundle: true,
    platform: 'node',
    external: ['better-sqlite3'],
    ...(format === 'esm' && { banner: { js: REQUIRE } }),
    logLevel: 'error',
    format,
    outfile,
  })
  return outfile
}

/** Bundles the quick start, and runs the bundle where nothing is installed but better-sqlite3. */
export async function checkBundles(project: string, folder: string): Promise<void> {
  for (const [name, bundle] of Object.entries(BUNDLERS)) {
    const deployed = join(folder, `bundle-${name.replaceAll(/\W+/g, '-')}`)
    mkdirSync(join(deployed, 'node_modules'), { recursive: true })
    symlinkSync(join(project, 'node_modules/better-sqlite3'), join(deployed, 'node_modules/better-sqlite3'))
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    run(process.execPath, [await bundle(project, deployed)], deployed)
    console.log(`bundle: ${name}`)
  }
}
