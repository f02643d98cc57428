/**
 * Writes the JavaScript of the built packages, beside the types that `tsc` has written: one file with a source map for each
 * entry, because Node.js takes 0.3 ms for each file that it loads.
 */
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as rolldown from 'rolldown'
import { builtinsAtOnce } from './builtins-at-once.ts'
import { embedWorkerProgram } from './worker-program.ts'

const pathOf = (path: string): string => fileURLToPath(new URL(`../packages/${path}`, import.meta.url))

/** What the package depends on stays outside: who uses it may use the same. */
const isOutside = (id: string): boolean => !/^[./]/.test(id) && !isAbsolute(id)

/** The pools have small entries for the dialect alone. Copied into its one file, they are no files to load. */
const isInside = (id: string): boolean => id.startsWith('@poolclass/pools/')

async function bundle(name: string, entry: string, file: string = entry): Promise<void> {
  await rolldown.build({
    input: pathOf(`${name}/src/${entry}.ts`),
    platform: 'node',
    external: (id) => isOutside(id) && !isInside(id),
    resolve: { conditionNames: ['source', 'import'] },
    plugins: [embedWorkerProgram, builtinsAtOnce],
    // The text of the program would be written twice.
    optimization: { inlineConst: false },
    output: {
      dir: pathOf(`${name}/dist`),
      entryFileNames: `${file}.js`,
      chunkFileNames: '[name].js',
      codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
      format: 'esm',
      sourcemap: true,
      comments: { jsdoc: false },
    },
  })
}

/** The command imports the dialect as its users do, instead of a second copy. */
async function bundleCommand(): Promise<void> {
  const dialect = pathOf('dialect/src/index.ts')
  await rolldown.build({
    input: pathOf('dialect/src/command/command.ts'),
    platform: 'node',
    external: (id) => id === dialect || isOutside(id),
    output: {
      file: pathOf('dialect/dist/command.js'),
      format: 'esm',
      paths: { [dialect]: './index.js' },
      comments: { jsdoc: false },
    },
  })
}

/**
 * The same for a browser: what the package depends on goes in, because a browser cannot find it by its name, and what it takes
 * from Node.js is replaced by what a browser has.
 */
async function bundleForBrowsers(name: string, entry: string): Promise<void> {
  const builtins = fileURLToPath(new URL('browser-builtins.ts', import.meta.url))
  await rolldown.build({
    input: pathOf(`${name}/src/${entry}.ts`),
    platform: 'browser',
    resolve: {
      conditionNames: ['source', 'import'],
      alias: {
        events: fileURLToPath(import.meta.resolve('events/')),
        'node:diagnostics_channel': builtins,
        'node:timers': builtins,
      },
    },
    output: {
      file: pathOf(`${name}/dist/${entry}.js`),
      format: 'esm',
      codeSplitting: false,
      sourcemap: true,
      comments: { jsdoc: false },
      keepNames: true,
    },
  })
}

await bundle('pools', 'index')
await bundle('pools', 'did-you-mean')
await bundle('pools', 'docs-of')
await bundle('pools', 'place-in-code')
await bundle('pools', 'time-limit')
await bundle('pools', 'diagnostics/trace', 'trace')
await bundle('dialect', 'index')
await bundle('dialect', 'opentelemetry/instrumentation', 'opentelemetry')
await bundleCommand()
await bundleForBrowsers('dialect', 'explain')
