import { isQuickRun } from './effort.ts'

const PRELOAD_KYSELY = `--import=${import.meta.resolve('./preload-kysely.ts')}`

/**
 * For the processes and threads that tests start: they load the sources of the packages. In the quick run they load the built
 * ones, in half of the time, and as users have them.
 */
export const LOADING: readonly string[] = isQuickRun
  ? [PRELOAD_KYSELY]
  : [PRELOAD_KYSELY, '--conditions=source']
