import type { ResolvedConfig } from '../../config/resolved-config.ts'
import { DialectConfigError } from '../../errors/config-errors.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/**
 * @param library Is asked only where a second thread is involved.
 * @throws DialectConfigError where the build allows none.
 */
export function rejectUnsafeThreads(
  { threads, connectArgs }: ResolvedConfig,
  isMainThread: boolean,
  library: SqliteLibrary,
): void {
  const [key, what] =
    threads > 0
      ? ['threads', `threads: ${threads}`]
      : !connectArgs.checkSameThread
        ? ['connectArgs.checkSameThread', 'connectArgs.checkSameThread: false']
        : ['url', 'A database that is opened in a worker thread']
  if (key === 'url' && isMainThread) return
  const { level, compiledWith } = library.threadSafety()
  if (level > 0) return
  throw new DialectConfigError(
    key,
    `${what} needs a SQLite build that several threads may use, and this one was compiled with ${compiledWith}, so only ` +
      'one thread of the process may use it (https://www.sqlite.org/threadsafe.html). Use it on the main thread, ' +
      `without threads, or use a build of ${library.name} with THREADSAFE=1 or 2, as it comes.`,
  )
}
