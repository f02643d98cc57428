import { globSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** The packages of the drivers, and the folder of `packages/dialect/src/drivers` that alone may import each. */
const FOLDERS: Readonly<Record<string, string>> = {
  'better-sqlite3': 'better-sqlite3',
  'better-sqlite3-multiple-ciphers': 'better-sqlite3-multiple-ciphers',
  'node:sqlite': 'node-sqlite',
}

/**
 * The sources below a folder that import a driver's package from outside of the driver's folder, in whatever form: as a
 * statement, a call or a type.
 */
export function strayDriverImports(root: string): string[] {
  const files = globSync('packages/*/src/**/*.ts', { cwd: root })
  return files.flatMap((file) =>
    driverImports(readFileSync(join(root, file), 'utf8'))
      .filter((name) => !isAtHome(file, name))
      .map((name) => `${file} imports ${name}, which is for drivers/${FOLDERS[name]} alone`),
  )
}

function isAtHome(file: string, name: string): boolean {
  const path = relative('packages/dialect/src/drivers', file).split(sep)
  return path[0] === FOLDERS[name]
}

function driverImports(text: string): string[] {
  const code = text.replaceAll(/\/\*.*?\*\/|^\s*\/\/(?!\/).*?$/gms, '')
  const names = [...code.matchAll(IMPORT), ...code.matchAll(REFERENCE)].map(([, name]) => name!)
  return [...new Set(names)]
}

const NAME = `(${Object.keys(FOLDERS).join('|')})`

/** `from 'x'`, `import 'x'`, `import('x')`, `require('x')`, `require.resolve('x')`, `createRequire(…)('x')`, `declare module 'x'` */
const IMPORT = new RegExp(
  String.raw`(?:\b(?:from|import|require|resolve|module|getBuiltinModule)|\))\s*\(?\s*['"\`]${NAME}(?:/[^'"\`]*)?['"\`]`,
  'g',
)

/** `/// <reference types="x" />` */
const REFERENCE = new RegExp(String.raw`<reference\s+types=["']${NAME}["']`, 'g')
