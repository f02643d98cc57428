import * as fc from 'fast-check'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { realPath } from '../../packages/dialect/src/url/real-path.ts'
import { scaled } from '../support/effort.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { WorkingDirectory } from './working-directory.ts'

const name = fc.constantFrom('a', 'b', 'c', 'app.db')
const path = fc.array(fc.oneof({ weight: 4, arbitrary: name }, fc.constantFrom('..', '.')), {
  minLength: 1,
  maxLength: 4,
})
/** A directory, or a link to wherever, under some name. */
const entry = fc.record({ at: name, target: fc.option(path), isAbsolute: fc.boolean() })

/** The file that SQLite creates under a path, or undefined where it refuses to. */
function fileThatSqliteCreates(file: string): string | undefined {
  let database: PlainDatabase
  try {
    database = new PlainDatabase(file)
  } catch {
    return undefined
  }
  try {
    const [main] = database.exec('begin immediate; rollback').pragma('database_list') as {
      file: string
    }[]
    return main?.file
  } catch {
    return undefined
  } finally {
    database.close()
  }
}

test('the real path of a file that does not exist yet is where SQLite creates it, and stays the same', () => {
  let created = 0
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), path, (entries, parts) => {
      using directory = new WorkingDirectory()
      mkdirSync('a/b', { recursive: true })
      for (const { at, target, isAbsolute } of entries) {
        if (existsSync(at)) continue
        try {
          if (target === null) mkdirSync(at)
          else symlinkSync((isAbsolute ? `${directory.path}/` : '') + target.join('/'), at)
        } catch {
          // There is a link of that name, which leads nowhere.
        }
      }
      const file = `${directory.path}/${parts.join('/')}/app.db`
      const before = realPath(file)
      const actual = fileThatSqliteCreates(file)
      if (actual === undefined) return
      created += 1
      expect(before).toBe(actual)
      expect(realPath(file)).toBe(actual)
    }),
    { numRuns: scaled(600) },
  )
  expect(created).toBeGreaterThan(0)
})

test('a link that leads to a file that does not exist is followed, and a loop ends', () => {
  using directory = new WorkingDirectory()
  symlinkSync('second', 'first')
  symlinkSync('missing/app.db', 'second')
  symlinkSync('missing/../third', 'around')
  symlinkSync('app.db', 'third')
  symlinkSync('loop', 'loop')
  symlinkSync('missing/../turn', 'turn')
  expect(realPath(join(directory.path, 'first'))).toBe(join(directory.path, 'missing', 'app.db'))
  expect(realPath(join(directory.path, 'around'))).toBe(join(directory.path, 'app.db'))
  expect(fileThatSqliteCreates(join(directory.path, 'around'))).toBe(join(directory.path, 'app.db'))
  expect(realPath(join(directory.path, 'turn'))).toMatch(/turn$/)
  expect(realPath(join(directory.path, 'loop'))).toBe(join(directory.path, 'loop'))
})

test('links that lead to each other in ever longer ways end soon', () => {
  using directory = new WorkingDirectory()
  symlinkSync('b/../b/x', 'a')
  symlinkSync('a/../a/y', 'b')
  symlinkSync('missing/../c/../c/z', 'c')
  for (const file of ['a/app.db', 'b/app.db', 'c/app.db']) {
    expect(fileThatSqliteCreates(file)).toBeUndefined()
    expect(realPath(join(directory.path, file))).toBe(join(directory.path, file))
  }
})
