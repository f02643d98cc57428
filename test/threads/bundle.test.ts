import { build, transform } from 'esbuild'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import webpack, { type Configuration, type Stats } from 'webpack'
import { isQuickRun, sampled } from '../support/effort.ts'
import { resultOf } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const APP = fileURLToPath(new URL('scripts/app-to-bundle.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"

/** What the app prints where all is well. */
const PRINTED = {
  rows: [{ a: 1 }, { a: 2 }],
  inMemory: [{ x: 1 }],
  code: 'SQLITE_ERROR',
  isSqliteError: true,
  refused: 'POOLCLASS_CONFIG',
  workers: 2,
}

/** A directory with nothing in it but an installed better-sqlite3. */
function deployment(): string {
  const directory = temporaryDirectory()
  link(directory, 'better-sqlite3')
  return directory
}

/** Puts a package of this workspace into the `node_modules` of another directory. */
function link(directory: string, name: string, from: string = ROOT): void {
  mkdirSync(join(directory, 'node_modules'), { recursive: true })
  symlinkSync(
    realpathSync(join(from, 'node_modules', name)),
    join(directory, 'node_modules', name),
    'junction',
  )
}

/** What the app prints, bundled into one file that has nothing beside it but better-sqlite3. */
async function outputOfBundle(format: 'esm' | 'cjs', minify: boolean): Promise<unknown> {
  const directory = deployment()
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
  test.each(
    sampled([
      ['minified', true],
      ['as it is', false],
    ] as const),
  )('runs its queries in threads and ends by itself, %s', async (_, minify) => {
    expect(await outputOfBundle(format, minify)).toEqual(PRINTED)
  })
})

/** What the app prints, bundled by webpack, which writes down where each module was, and then moved to another place. */
async function outputOfWebpack(): Promise<unknown> {
  const workshop = temporaryDirectory()
  for (const name of ['dialect', 'pools']) {
    const copy = join(workshop, 'node_modules/@poolclass', name)
    for (const part of ['dist', 'package.json']) {
      cpSync(join(ROOT, 'packages', name, part), join(copy, part), { recursive: true })
    }
  }
  link(workshop, 'kysely')
  link(workshop, 'generic-pool', join(ROOT, 'packages/pools'))
  const { code } = await transform(readFileSync(APP, 'utf8'), { loader: 'ts' })
  writeFileSync(join(workshop, 'app.mjs'), code)
  await runWebpack({
    mode: 'production',
    optimization: { minimize: !isQuickRun },
    target: 'node',
    context: workshop,
    entry: './app.mjs',
    output: { path: workshop, filename: 'app.cjs' },
    externals: { 'better-sqlite3': 'commonjs better-sqlite3' },
  })
  const directory = deployment()
  renameSync(join(workshop, 'app.cjs'), join(directory, 'app.cjs'))
  rmSync(workshop, { recursive: true })
  return resultOf(join(directory, 'app.cjs'), [], { cwd: temporaryDirectory() })
}

async function runWebpack(configuration: Configuration): Promise<void> {
  const run = promisify<Configuration, Stats | undefined>(webpack)
  const stats = await run(configuration)
  expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({
    errors: [],
    warnings: [],
  })
}

test('an application that webpack has bundled runs its queries in threads wherever it is moved', async () => {
  expect(await outputOfWebpack()).toEqual(PRINTED)
})
