import { type AbortableQueryOptions, CompiledQuery } from 'kysely'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { untilAllReturned } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Begun } from './begun.ts'
import { CREATOR, UP_TO } from './creators.ts'

type Strategy = NonNullable<AbortableQueryOptions['inflightQueryAbortStrategy']>

/** Aborts a write on its way to a failure of its own, and returns what was printed until nothing runs any more. */
async function printedAfterAbort(inflightQueryAbortStrategy: Strategy): Promise<readonly unknown[]> {
  const { db, dialect } = open<any>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'StaticPool',
    threads: 1,
    creator: CREATOR,
  })
  await run(db, 'create table t (a unique)')
  const begun = new Begun()
  const controller = new AbortController()
  // The last row is the first one again.
  const write = CompiledQuery.raw(`insert into t ${UP_TO} select iif(i < 20, i, hold(?)) from c`, [
    20,
    begun.path,
  ])
  const print = vi.spyOn(console, 'error').mockReturnValue()
  const { signal } = controller
  const failing = failureOf(db.executeQuery(write, { signal, inflightQueryAbortStrategy }))
  await begun.noticed()
  controller.abort(new Error('no longer wanted'))
  expect((await failing).message).toBe('no longer wanted')
  begun.end()
  await untilAllReturned(dialect)
  expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 0 }])
  return print.mock.calls.splice(0).flat()
}

test.each(['ignore query', 'cancel query'] as const)(
  'what a write fails with after its abort with “%s” is on the console, once',
  async (strategy) => {
    expect(await printedAfterAbort(strategy)).toEqual([
      '`query` failed in the background after abortion: UNIQUE constraint failed: t.a',
    ])
  },
)

test('a thread that “kill session” ends is no failure to print', async () => {
  expect(await printedAfterAbort('kill session')).toEqual([])
})
