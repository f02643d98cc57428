import BetterSqlite3 from 'better-sqlite3'

/**
 * The file of better-sqlite3 that this thread has loaded, wherever a bundler or a loader has found it; undefined where it
 * is in no file of its own.
 */
export function loadedFile(): string | undefined {
  // A static import would clash with the `createRequire` that bundles are given by hand.
  const { createRequire } = process.getBuiltinModule('node:module')
  const modules = Object.values(createRequire(process.execPath).cache)
  return modules.find((module) => module?.exports === BetterSqlite3)?.filename
}
