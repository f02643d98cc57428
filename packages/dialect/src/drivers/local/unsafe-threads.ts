import type { ResolvedConfig } from '../../config/resolved-config.ts'
import { DialectConfigError } from '../../errors/config-errors.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/** @throws DialectConfigError where a second thread is involved, and the build allows none. */
export function rejectUnsafeThreads({ threads, connectArgs }: ResolvedConfig, library: SqliteLibrary): void {
  const { level, compiledWith } = library.threadSafety()
  if (level > 0) return
  const [key, what] =
    threads > 0
      ? ['threads', `threads: ${threads}`]
      : !connectArgs.checkSameThread
        ? ['connectArgs.checkSameThread', 'connectArgs.checkSameThread: false']
        : ['url', 'A database that is opened in a worker thread']
  if (key === 'url' && process.getBuiltinModule('node:worker_threads').isMainThread) return
  throw new DialectConfigError(
    key,
    `${what} needs a SQLite build that several threads may use, and this one was compiled with ${compiledWith}, so only ` +
      'one thread of the process may use it (https://www.sqlite.org/threadsafe.html). Use it on the main thread, ' +
      `without threads, or use a build of ${library.name} with THREADSAFE=1 or 2, which is its default.`,
  )
}
