import { threadsafety } from '@poolclass/dialect'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { testedDriver } from '../support/driver.ts'
import { PlainDatabase } from '../support/plain-database.ts'
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

test('every thread has the build of SQLite that the main thread has', async () => {
  const database = new PlainDatabase(':memory:')
  const mine = threadsafety(database)
  database.close()
  const compiledWith = testedDriver === 'node:sqlite' ? 'THREADSAFE=1' : 'THREADSAFE=2'
  expect(mine).toMatchObject({ compiledWith })
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
