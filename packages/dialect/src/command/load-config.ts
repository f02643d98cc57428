import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PooledSqliteDialectConfig } from '../index.ts'

type Loaded = string | URL | PooledSqliteDialectConfig

/** Returns the config that the argument of a command names: a URL, or a module whose default export is a config or returns one. */
export async function loadConfig(argument: string): Promise<PooledSqliteDialectConfig> {
  if (!/\.(?:json|[cm]?[jt]s)$/i.test(argument)) return { url: argument }
  const file = resolve(argument)
  if (!existsSync(file)) throw new Error(`There is no config ${file}.`)
  const options = argument.toLowerCase().endsWith('.json') ? { with: { type: 'json' } } : {}
  const { default: exported } = (await import(pathToFileURL(file).href, options)) as {
    default?: Loaded | (() => Loaded | Promise<Loaded>)
  }
  const loaded = typeof exported === 'function' ? await exported() : exported
  if (typeof loaded === 'string' || loaded instanceof URL) return { url: loaded }
  if (typeof loaded === 'object' && loaded !== null && 'url' in loaded) return loaded
  throw new TypeError(
    `The default export of ${argument} must be a config of PooledSqliteDialect with a url, or a function that returns one. ` +
      'The command runs the whole file, so put the config into a module of its own.',
  )
}
