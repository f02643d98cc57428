import { build } from 'esbuild'
import { mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const APP = fileURLToPath(new URL('scripts/app-to-bundle.ts', import.meta.url))
const ADDON = realpathSync(fileURLToPath(new URL('../../node_modules/better-sqlite3', import.meta.url)))

const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"

/** What the app prints, bundled into one file that has nothing beside it but better-sqlite3. */
async function outputOfBundle(format: 'esm' | 'cjs', minify: boolean): Promise<unknown> {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'node_modules'))
  symlinkSync(ADDON, join(directory, 'node_modules', 'better-sqlite3'), 'junction')
  const outfile = join(directory, format === 'esm' ? 'app.mjs' : 'app.cjs')
  await build({
    entryPoints: [APP],
    bundle: true,
    platform: 'node',
    target: 'node22',
    external: ['better-sqlite3'],
    // What an ESM bundle needs as soon as some package in it is CommonJS.
    ...(format === 'esm' && { banner: { js: REQUIRE } }),
    // The warning that CommonJS has no `import.meta` is what the package expects.
    logLevel: 'error',
    format,
    minify,
    outfile,
  })
  expect(readdirSync(directory)).toHaveLength(2)
  return resultOf(outfile, [], { cwd: temporaryDirectory() })
}

describe.each(['esm', 'cjs'] as const)('an application that is bundled into one file, as %s,', (format) => {
  test.each([
    ['as it is', false],
    ['minified', true],
  ])('runs its queries in threads and ends by itself, %s', async (_, minify) => {
    expect(await outputOfBundle(format, minify)).toEqual({
      rows: [{ a: 1 }, { a: 2 }],
      inMemory: [{ x: 1 }],
      code: 'SQLITE_ERROR',
      isSqliteError: true,
      refused: 'POOLCLASS_CONFIG',
      workers: 2,
    })
  })
})
