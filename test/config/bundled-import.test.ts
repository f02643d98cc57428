import { nodeResolve } from '@rollup/plugin-node-resolve'
import * as esbuild from 'esbuild'
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as rolldown from 'rolldown'
import * as rollup from 'rollup'
import * as vite from 'vite'
import { expect, test } from 'vitest'
import { sampled } from '../support/effort.ts'
import { resultOf } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const ENTRY = fileURLToPath(new URL('scripts/bare-import.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What is not bundled, with the package that depends on it. */
const EXTERNAL: Readonly<Record<string, string>> = {
  'better-sqlite3': '.',
  kysely: '.',
  'generic-pool': 'packages/pools',
}
const external = Object.keys(EXTERNAL)
const isExternal = (id: string): boolean => external.includes(id) || id.startsWith('node:')

const BUNDLERS: readonly (readonly [string, (outdir: string) => Promise<unknown>])[] = [
  [
    'esbuild',
    (outdir) =>
      esbuild.build({
        entryPoints: { main: ENTRY },
        outdir,
        outExtension: { '.js': '.mjs' },
        bundle: true,
        platform: 'node',
        format: 'esm',
        external,
        logLevel: 'error',
      }),
  ],
  [
    'rollup',
    async (dir) => {
      const bundle = await rollup.rollup({
        input: { main: ENTRY },
        external: isExternal,
        plugins: [nodeResolve({ exportConditions: ['node'] })],
        onwarn: () => {},
      })
      await bundle.write({ dir, entryFileNames: '[name].mjs' })
    },
  ],
  [
    'rolldown',
    (dir) =>
      rolldown.build({
        input: { main: ENTRY },
        external: isExternal,
        platform: 'node',
        logLevel: 'silent',
        output: { dir, entryFileNames: '[name].mjs' },
      }),
  ],
  [
    'Vite',
    (outDir) =>
      vite.build({
        configFile: false,
        root: ROOT,
        logLevel: 'silent',
        build: {
          ssr: true,
          outDir,
          emptyOutDir: false,
          rolldownOptions: { input: { main: ENTRY }, output: { entryFileNames: '[name].mjs' } },
        },
        ssr: { noExternal: [/@poolclass/], external },
      }),
  ],
]

test.each(sampled(BUNDLERS))(
  '%s keeps a bare import of the package, which switches URIs on',
  async (_, bundle) => {
    const outdir = temporaryDirectory()
    await bundle(outdir)
    mkdirSync(join(outdir, 'node_modules'))
    for (const [name, from] of Object.entries(EXTERNAL)) {
      symlinkSync(realpathSync(join(ROOT, from, 'node_modules', name)), join(outdir, 'node_modules', name))
    }
    const cwd = temporaryDirectory()
    expect(await resultOf(join(outdir, 'main.mjs'), [], { cwd })).toEqual({ rows: [{ a: 1 }], files: [] })
  },
)
