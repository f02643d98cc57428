import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { strayDriverImports } from '../../scripts/driver-imports.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** What the check says of a source at this path. */
function saidOf(path: string, text: string): string[] {
  const root = temporaryDirectory()
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return strayDriverImports(root)
}

const OUTSIDE = 'packages/dialect/src/drivers/local/open-handle.ts'

test.each([
  "import BetterSqlite3 from 'better-sqlite3'",
  "import type { Database } from 'better-sqlite3'",
  "import 'better-sqlite3'",
  "export { SqliteError } from 'better-sqlite3'",
  "import {\n  type Database,\n} from\n  'better-sqlite3'",
  "let database: import('better-sqlite3').Database",
  "const loaded = await import('better-sqlite3')",
  'const loaded = await import(`better-sqlite3`)',
  "const loaded = await import(/* webpackIgnore: true */ 'better-sqlite3')",
  "const loaded = require('better-sqlite3')",
  'const loaded = createRequire(import.meta.url)("better-sqlite3")',
  "const path = require.resolve('better-sqlite3/build/Release/better_sqlite3.node')",
  "const path = import.meta.resolve('better-sqlite3')",
  "declare module 'better-sqlite3' {}",
  '/// <reference types="better-sqlite3" />',
])('outside of the folder of its driver, the check finds: %s', (text) => {
  expect(saidOf(OUTSIDE, `${text}\n`)).toEqual([
    `${OUTSIDE} imports better-sqlite3, which is for drivers/better-sqlite3 alone`,
  ])
})

test.each(["import { DatabaseSync } from 'node:sqlite'", "process.getBuiltinModule('node:sqlite')"])(
  'each driver has a folder of its own: %s',
  (text) => {
    expect(saidOf('packages/dialect/src/drivers/node-sqlite/open.ts', text)).toEqual([])
    expect(saidOf('packages/dialect/src/drivers/better-sqlite3/open.ts', text)).toHaveLength(1)
    expect(saidOf('packages/pools/src/pool.ts', text)).toHaveLength(1)
  },
)

test.each([
  "const DRIVERS = { 'better-sqlite3': localDriver(LIBRARIES['better-sqlite3']) }",
  "export type DriverName = 'better-sqlite3' | 'node:sqlite'",
  "/**\n * import BetterSqlite3 from 'better-sqlite3'\n */",
  "  // import BetterSqlite3 from 'better-sqlite3'",
  "import { betterSqlite3 } from './drivers/better-sqlite3/better-sqlite3.ts'",
])('the name of a driver alone is no import: %s', (text) => {
  expect(saidOf(OUTSIDE, text)).toEqual([])
})
