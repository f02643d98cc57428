import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The file of a CommonJS package that this thread has loaded, wherever a bundler or a loader has found it; undefined where
 * it is in no file of its own.
 */
export function loadedFile(exports: unknown): string | undefined {
  // A static import would clash with the `createRequire` that bundles are given by hand.
  const { createRequire } = process.getBuiltinModule('node:module')
  const modules = Object.values(createRequire(process.execPath).cache)
  return modules.find((module) => module?.exports === exports)?.filename
}

/** The version of the package that a file belongs to; undefined where that cannot be read. */
export function versionOfPackage(file: string | undefined): string | undefined {
  for (let path = file; path !== undefined && path !== dirname(path); path = dirname(path)) {
    try {
      const { version } = JSON.parse(readFileSync(join(dirname(path), 'package.json'), 'utf8')) as {
        version?: string
      }
      return version
    } catch {}
  }
  return undefined
}
