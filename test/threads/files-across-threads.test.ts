import { threadsafety } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { lostIncrements } from './counter.ts'
import { mainThread as main, WorkerThread } from './thread.ts'

const workers = [new WorkerThread(), new WorkerThread()] as const
const threads = [main, ...workers]

afterEach(async () => {
  await Promise.all(threads.map((thread) => thread.do('destroy')))
})

afterAll(async () => {
  await Promise.all(workers.map((thread) => thread.terminate()))
})

test('every thread has the build of SQLite that the main thread has: connections are not shared, the module is', async () => {
  const database = new BetterSqlite3(':memory:')
  const mine = threadsafety(database)
  database.close()
  expect(mine).toEqual({ mode: 'multi-thread', level: 1, compiledWith: 'THREADSAFE=2' })
  for (const thread of workers) expect(await thread.do('safety')).toEqual(mine)
})

test.each(['QueuePool', 'StaticPool', 'NullPool'] as const)(
  'three threads that increment a counter in one WAL file through a %s each lose nothing',
  async (poolclass) => {
    const pragmas = { journal_mode: 'wal', synchronous: 'off' }
    const config = { url: join(temporaryDirectory(), 'app.db'), poolclass, pragmas }
    expect(await lostIncrements(config, threads)).toBe(0)
    expect(await main.do('run', { config, sql: 'pragma journal_mode' })).toEqual([{ journal_mode: 'wal' }])
  },
)
