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
