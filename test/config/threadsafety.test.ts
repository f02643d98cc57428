import { threadsafety } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'

/** Stands in for a handle of another build of SQLite. */
function buildWith(...options: string[]): Parameters<typeof threadsafety>[0] {
  return {
    pragma: (source: string) =>
      source === 'compile_options' ? options.map((option) => ({ compile_options: option })) : [],
  }
}

test("better-sqlite3's build is multi-thread, level 1", () => {
  const database = new BetterSqlite3(':memory:')
  expect(threadsafety(database)).toEqual({ mode: 'multi-thread', level: 1, compiledWith: 'THREADSAFE=2' })
  database.close()
})

test('the build in Node.js is serialized, level 3', () => {
  const database = new DatabaseSync(':memory:')
  expect(threadsafety(database)).toEqual({ mode: 'serialized', level: 3, compiledWith: 'THREADSAFE=1' })
  database.close()
})

test('a handle with bigints for integers gives the same', () => {
  const database = new BetterSqlite3(':memory:').defaultSafeIntegers(true)
  expect(threadsafety(database)).toMatchObject({ level: 1 })
  database.close()
})

test.each([
  ['THREADSAFE=0', 'single-thread', 0],
  ['THREADSAFE=1', 'serialized', 3],
  ['THREADSAFE=2', 'multi-thread', 1],
] as const)('a build with %s is %s, level %i', (compiledWith, mode, level) => {
  expect(threadsafety(buildWith('ENABLE_FTS5', compiledWith, 'USE_URI'))).toEqual({
    mode,
    level,
    compiledWith,
  })
})

test('a build that lists no THREADSAFE has the default of SQLite, serialized', () => {
  expect(threadsafety(buildWith('ENABLE_FTS5'))).toMatchObject({ mode: 'serialized', level: 3 })
})
