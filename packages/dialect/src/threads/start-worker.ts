import { Worker } from 'node:worker_threads'
import type { SqliteLibrary } from '../drivers/local/sqlite-library.ts'
import type { WorkerStart } from './protocol.ts'
import { workerProgram } from './worker-program.ts'

/** Starts a worker thread that hosts connections. */
export function startWorker(
  library: SqliteLibrary,
  name: string,
  data: Omit<WorkerStart, 'library'>,
): Worker {
  const start: WorkerStart = { ...data, library: library.name }
  const transferList = [start.port]
  const program: ProgramStart = {
    ...start,
    program: workerProgram,
    base: import.meta.url ?? __filename,
    files: { [library.name]: library.loadedFrom() },
  }
  return new Worker(BOOTSTRAP, { name, workerData: program, transferList })
}

interface ProgramStart extends WorkerStart {
  readonly program: string
  /** From where its packages are looked for. A bundler may have written down where that was when it ran. */
  readonly base: string
  /** The files of the packages that were found already. */
  readonly files: Readonly<Record<string, string | undefined>>
}

/**
 * Runs the text of a program. A worker that is started with the text itself would skip what `--import` preloads, such as a
 * loader of TypeScript for the module of a creator; and with all of the text in its URL, its stacks could not be read. node:vm
 * prints a warning where the program imports a module of the user's.
 */
const BOOTSTRAP = new URL(
  `data:text/javascript,${encodeURIComponent(`
    const { workerData: { program, base, files } } = process.getBuiltinModule('node:worker_threads')
    const load = process.getBuiltinModule('node:module').createRequire(base)
    new Function('require', program + '\\n//# sourceURL=poolclass-worker.js')((name) => load(files[name] ?? name))
  `)}`,
)

/** Where this module is once it was bundled as CommonJS, which has no `import.meta.url`. */
// oxlint-disable-next-line no-underscore-dangle -- Node.js gave it its name
declare const __filename: string
