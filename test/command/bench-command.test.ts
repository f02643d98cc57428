// @module-tag slow

import Database from 'better-sqlite3'
import { once } from 'node:events'
import { chmodSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { poolclass, startPoolclass } from './command.ts'

test('bench measures each pool class on a copy of a read-only file, and leaves it and its directory as they were', () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'app.db')
  const plain = new Database(path)
  plain.exec('pragma journal_mode = wal; create table item (id integer primary key)')
  plain.close()
  chmodSync(path, 0o444)
  const before = readFileSync(path, 'hex')
  const { output, errors, code } = poolclass(directory, 'bench', 'app.db')
  expect({ errors, code }).toEqual({ errors: '', code: 0 })
  expect(output.split('\n').slice(1, -1)).toHaveLength(5)
  for (const name of ['NullPool', 'QueuePool', 'SingletonThreadPool', 'QueuePool, threads: 2'])
    expect(output).toMatch(new RegExp(`^${name}(?: +[\\d.]+(?: \\*)?){4}$`, 'm'))
  expect(readFileSync(path, 'hex')).toBe(before)
  expect(readdirSync(directory)).toEqual(['app.db'])
})

test('bench leaves nothing behind when it is interrupted', { tags: 'slow' }, async () => {
  const directory = temporaryDirectory()
  new Database(join(directory, 'app.db')).exec('create table item (id integer primary key)').close()
  const running = startPoolclass(directory, 'bench', 'app.db')
  await vi.waitFor(() => expect(readdirSync(directory)).toHaveLength(2), { timeout: 30_000, interval: 10 })
  running.kill('SIGINT')
  await once(running, 'exit')
  expect(running.signalCode ?? running.exitCode).toBe('SIGINT')
  expect(readdirSync(directory)).toEqual(['app.db'])
})

test('bench measures in memory too', () => {
  const { output, code } = poolclass(temporaryDirectory(), 'bench', ':memory:', '--json')
  const { works, contestants } = JSON.parse(output) as {
    works: string[]
    contestants: { micros: number[] }[]
  }
  expect(works).toHaveLength(4)
  expect(contestants).toHaveLength(3)
  for (const { micros } of contestants) for (const time of micros) expect(time).toBeGreaterThan(0)
  expect(code).toBe(0)
})

test('bench refuses a server, which it cannot copy', () => {
  const { errors, code } = poolclass(temporaryDirectory(), 'bench', 'libsql://127.0.0.1:1')
  expect(errors).toContain('cannot copy a server')
  expect(code).toBe(1)
})
