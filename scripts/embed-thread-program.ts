import { build } from 'esbuild'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/**
 * Puts the program of a hosting thread into the built package as one text.
 *
 * A worker is started from a file or from a text. A file is lost when an application is bundled into one; a text goes
 * along. What it needs from outside, it loads as the module that starts it would.
 */
const source = new URL('../packages/dialect/src/threads/thread-entry.ts', import.meta.url)
const target = new URL('../packages/dialect/dist/threads/thread-program.js', import.meta.url)

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(source)],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  external: ['better-sqlite3'],
  banner: {
    js:
      '(() => {\n' +
      "const { workerData: { base } } = process.getBuiltinModule('node:worker_threads')\n" +
      "const require = process.getBuiltinModule('node:module').createRequire(base)",
  },
  footer: { js: '})()' },
})
const [program] = outputFiles
if (program === undefined) throw new Error('esbuild gave no output')
await writeFile(target, `export const threadProgram = ${JSON.stringify(program.text)}\n`)
