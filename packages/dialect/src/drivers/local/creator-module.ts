import type { DatabaseCreator } from '../../config/database-creator.ts'
import { DialectConfigError } from '../../errors/config-errors.ts'
import { masked } from '../../masked.ts'

/**
 * The creator that a module exports as its default: a function cannot travel to another thread, a module can be loaded
 * in each.
 */
export async function loadCreator(module: string): Promise<DatabaseCreator> {
  const { default: creator } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as {
    default?: unknown
  }
  if (typeof creator === 'function') return creator as DatabaseCreator
  throw new DialectConfigError(
    'creator',
    `creator names the module ${masked(module)}, whose default export must be a function that opens a Database.`,
  )
}
