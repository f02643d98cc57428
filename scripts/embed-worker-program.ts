import { build, type Plugin } from 'esbuild'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/**
 * Puts the program of a worker into the built package as one text, the body of a function of `require`.
 *
 * A worker is started from a file or from a text. A file is lost when an application is bundled into one; a text goes
 * along. What it needs from outside, it loads as the module that starts it would.
 */
const source = new URL('../packages/dialect/src/threads/worker-main.ts', import.meta.url)
const target = new URL('../packages/dialect/dist/threads/worker-program.js', import.meta.url)

/** The packages of drivers, which the program loads by the `require` that it is given. */
const PACKAGES = /^better-sqlite3(?:-multiple-ciphers)?$/

/** Turns `import('package')` into `require('package')`. The modules of users are imported as they are. */
function requireDrivers(): Plugin {
  return {
    name: 'require drivers',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: PACKAGES }, ({ path, kind }) =>
        kind === 'dynamic-import' ? { path, namespace: 'driver' } : { path, external: true },
      )
      onLoad({ filter: PACKAGES, namespace: 'driver' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)})`,
      }))
    },
  }
}

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(source)],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  plugins: [requireDrivers()],
})
const [program] = outputFiles
if (program === undefined) throw new Error('esbuild gave no output')
await writeFile(target, `export const workerProgram = ${JSON.stringify(program.text)}\n`)
