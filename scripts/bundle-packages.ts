/**
 * Writes the JavaScript of the built packages, beside the types that `tsc` has written: one file with a source map for each
 * entry, because Node.js takes 0.3 ms for each file that it loads.
 */
import * as esbuild from 'esbuild'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as rolldown from 'rolldown'

const pathOf = (path: string): string => fileURLToPath(new URL(`../packages/${path}`, import.meta.url))

/** The packages of drivers, which the program of a worker loads by the `require` that it is given. */
const DRIVERS = /^better-sqlite3(?:-multiple-ciphers)?$/

/** Turns `import('package')` into `require('package')`. The modules of users are imported as they are. */
const requireDrivers: esbuild.Plugin = {
  name: 'require drivers',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: DRIVERS }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'driver' } : { path, external: true },
    )
    onLoad({ filter: DRIVERS, namespace: 'driver' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }))
  },
}

async function workerProgram(): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [pathOf('dialect/src/threads/worker-main.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    plugins: [requireDrivers],
  })
  return outputFiles[0]!.text
}

/**
 * Puts the program of a worker in as one text, the body of a function of `require`.
 *
 * A worker is started from a file or from a text. A file is lost when an application is bundled into one; a text goes
 * along. What it needs from outside, it loads as the module that starts it would.
 */
const embedWorkerProgram: rolldown.Plugin = {
  name: 'embed the worker program',
  load: {
    filter: { id: /worker-program\.ts$/ },
    handler: async () => `export const workerProgram = ${JSON.stringify(await workerProgram())}`,
  },
}

/** What the package depends on stays outside: who uses it may use the same. */
async function bundle(name: string, entry: string, file: string = entry): Promise<void> {
  await rolldown.build({
    input: pathOf(`${name}/src/${entry}.ts`),
    platform: 'node',
    external: (id) => !/^[./]/.test(id) && !isAbsolute(id),
    plugins: [embedWorkerProgram],
    // The text of the program would be written twice.
    optimization: { inlineConst: false },
    // Tools tell classes apart by their names.
    output: {
      file: pathOf(`${name}/dist/${file}.js`),
      format: 'esm',
      sourcemap: true,
      comments: { jsdoc: false },
      keepNames: true,
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
await bundleForBrowsers('dialect', 'explain')
