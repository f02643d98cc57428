import { copyFileSync, cpSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A folder with the dialect and Kysely installed, and no driver. Returns the path of a script in it. */
function withoutDrivers(script: string): string {
  const folder = temporaryDirectory()
  const dialect = join(folder, 'dialect')
  const modules = join(dialect, 'node_modules')
  mkdirSync(join(modules, '@poolclass'), { recursive: true })
  mkdirSync(join(folder, 'node_modules', '@poolclass'), { recursive: true })
  cpSync(join(ROOT, 'packages/dialect/src'), join(dialect, 'src'), { recursive: true })
  copyFileSync(join(ROOT, 'packages/dialect/package.json'), join(dialect, 'package.json'))
  symlinkSync(join(ROOT, 'packages/pools'), join(modules, '@poolclass/pools'))
  symlinkSync(dialect, join(folder, 'node_modules/@poolclass/dialect'))
  for (const where of [modules, join(folder, 'node_modules')]) {
    symlinkSync(realpathSync(join(ROOT, 'node_modules/kysely')), join(where, 'kysely'))
  }
  copyFileSync(join(ROOT, 'test/drivers/scripts', script), join(folder, script))
  return join(folder, script)
}

test('without better-sqlite3, all works that opens no database, and the first query says what to install', async () => {
  const cwd = temporaryDirectory()
  const result = await resultOf(withoutDrivers('driver-missing.ts'), [], {
    cwd,
    node: ['--conditions=source'],
  })
  const missing = {
    name: 'DriverMissingError',
    code: 'POOLCLASS_DRIVER_MISSING',
    message: expect.stringMatching(
      /^The driver 'better-sqlite3' needs .* npm install better-sqlite3\. Or set driver: 'node:sqlite', which needs no package\.$/,
    ),
    cause: 'ERR_MODULE_NOT_FOUND',
  }
  expect(result).toEqual({
    location: { kind: 'shared-memory', name: 'x' },
    poolclass: 'StaticPool',
    misspelt: expect.stringContaining('did you mean poolSize?'),
    first: missing,
    again: missing,
    threads: missing,
    migration: missing,
    ciphers: {
      ...missing,
      message: expect.stringMatching(/ npm install better-sqlite3-multiple-ciphers$/),
    },
    opened: 0,
    files: [],
  })
})

test('in a Node.js that is too old for the addon, which would crash, the first query says which one it needs', async () => {
  const error = { name: 'DriverMissingError', code: 'POOLCLASS_DRIVER_MISSING' }
  const message = "The driver 'better-sqlite3' needs Node.js 22.18 or newer, and this is Node.js 20.20.2."
  expect(await resultOf('drivers/scripts/old-node.ts')).toEqual({
    plain: { ...error, message },
    ciphers: { ...error, message: message.replace('sqlite3', 'sqlite3-multiple-ciphers') },
  })
})
