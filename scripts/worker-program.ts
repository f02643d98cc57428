import * as esbuild from 'esbuild'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'rolldown'

const MAIN = fileURLToPath(new URL('../packages/dialect/src/threads/worker-main.ts', import.meta.url))

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

/**
 * Puts the program of a worker in as one text, the body of a function of `require`.
 *
 * A worker is started from a file or from a text. A file is lost when an application is bundled into one; a text goes
 * along. What it needs from outside, it loads as the module that starts it would. And it starts in half of the time that
 * the sources take, file by file, so the tests have it, too.
 */
export const embedWorkerProgram: Plugin = {
  name: 'embed the worker program',
  load: {
    filter: { id: /threads\/worker-program\.ts$/ },
    async handler() {
      const { outputFiles, metafile } = await esbuild.build({
        entryPoints: [MAIN],
        bundle: true,
        write: false,
        metafile: true,
        platform: 'node',
        format: 'cjs',
        target: 'node22',
        conditions: ['source'],
        plugins: [requireDrivers],
      })
      for (const path of Object.keys(metafile.inputs))
        if (path.endsWith('.ts')) this.addWatchFile(resolve(path))
      return `export const workerProgram = ${JSON.stringify(outputFiles[0]!.text)}`
    },
  },
}
