// @module-tag slow

import { explain } from '@poolclass/dialect'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { poolclass } from './command.ts'

test('explain says what a URL opens, and opens nothing', () => {
  const directory = temporaryDirectory()
  const { output, errors, code } = poolclass(directory, 'explain', ':memory:')
  expect(output).toMatchInlineSnapshot(`
    "opens            A database in memory, private to the connection that opens it.
    on disk          nothing
    pool class       SingletonThreadPool, which the URL chooses.
                     The database dies with its connection, so one connection stays open.
                     One connection for each thread, open for ever. One task uses it at a time, the others wait in line.
    connections      1 at most, 1 kept open
    threads          none: connections live in the calling thread
    locks            Queries wait for the one connection, in the order in which they came.
                     Queries run in the calling thread, and the event loop stands still while one runs.
    another thread   A database of its own, which is empty: the first query there says \`no such table\`. So does a second dialect.
    another process  Nothing of it.
    SQLAlchemy       SQLAlchemy wants it as sqlite://. It uses SingletonThreadPool, a connection for each thread.
    "
  `)
  expect({ errors, code }).toEqual({ errors: '', code: 0 })
  expect(readdirSync(directory)).toEqual([])
})

test('explain prints the explanation as JSON, with what the options change', () => {
  const options = ['--poolclass', 'QueuePool', '--threads', '2', '--driver', 'node:sqlite', '--json']
  const { output } = poolclass(temporaryDirectory(), 'explain', 'app.db', ...options)
  const config = { url: 'app.db', poolclass: 'QueuePool', threads: 2, driver: 'node:sqlite' }
  expect(JSON.parse(output)).toEqual(explain(config))
})

test.each([
  ['config.json', '{ "url": "app.db", "poolclass": "StaticPool" }'],
  ['config.ts', "export default { url: 'app.db', poolclass: 'StaticPool' as const }"],
  ['config.mjs', "export default async () => ({ url: 'app.db', poolclass: 'StaticPool' })"],
  ['config.cjs', "module.exports = { url: 'app.db', poolclass: 'StaticPool' }"],
])('explain reads the config of %s', (name, text) => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, name), text)
  const { output } = poolclass(directory, 'explain', name, '--json')
  expect(JSON.parse(output)).toEqual(explain({ url: 'app.db', poolclass: 'StaticPool' }))
})

test('explain ends with 1 for a URL that names no database, and says what is wrong with it', () => {
  const { output, code } = poolclass(temporaryDirectory(), 'explain', 'postgres://host/app')
  expect(output).toContain("'postgres:' is not a scheme of SQLite")
  expect(code).toBe(1)
})

test.each([
  [['explain'], "missing required argument 'database'"],
  [['explain', ':memory:', '--threads', 'many'], 'It must be a whole number.'],
  [['explian', ':memory:'], 'Did you mean explain?'],
  [['explain', 'missing.json'], 'There is no config '],
  [['doctor', 'empty.json'], 'must be a config of PooledSqliteDialect'],
])('the command refuses %j, and says why', (args, why) => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'empty.json'), '{}')
  const { errors, code } = poolclass(directory, ...args)
  expect(errors).toContain(why)
  expect(errors).not.toContain('    at ')
  expect(code).toBe(1)
})

test('a file that starts a server instead of exporting a config is refused, and the command ends', () => {
  const directory = temporaryDirectory()
  writeFileSync(
    join(directory, 'app.mjs'),
    "import { createServer } from 'node:http'\ncreateServer().listen(0)",
  )
  const { errors, code } = poolclass(directory, 'explain', 'app.mjs')
  expect(errors).toContain('The command runs the whole file, so put the config into a module of its own.')
  expect(code).toBe(1)
})
