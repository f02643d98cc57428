import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { StatementTimeoutError, ThreadDiedError } from '@poolclass/dialect'
import { expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { onEachOf, run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** One row that takes longer than the limit and the moment after it. */
const LONG_ROW =
  'with recursive n(i) as (select 1 union all select i + 1 from n where i < 12000000) select count(*) as n from n'

function openFile(statementTimeout: number): ReturnType<typeof open> {
  return open({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    pragmas: { journal_mode: 'wal' },
    threads: 1,
    statementTimeout,
  })
}

test(
  'a thread whose statement comes to no further row is replaced, and the caller is free before it ends',
  { tags: 'slow' },
  async () => {
    const { db } = openFile(200)
    // Both connections are open.
    await onEachOf(db, 2, 'select 1')
    const beside = db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      const failure = failureOf(run(db, LONG_ROW))
      await wait(200)
      return [await failureOf(run(connection, 'select 2')), await failure]
    })
    const [neighbour, culprit] = await beside
    expect(culprit).toBeInstanceOf(StatementTimeoutError)
    expect(culprit!.message).toMatch(/longer than statementTimeout \(200 ms\) .* so its thread was replaced/)
    expect(neighbour).toBeInstanceOf(ThreadDiedError)
    expect(neighbour!.message).toMatch(/one of its statements took longer than statementTimeout \(200 ms\)/)
    expect(await run(db, 'select 3 as a')).toEqual([{ a: 3 }])
  },
)

test(
  'a write that takes too long in a transaction is rolled back with its thread, and the next writer goes on',
  { tags: 'slow' },
  async () => {
    const { db } = openFile(200)
    await run(db, 'create table t (a)')
    const transaction = await db.startTransaction().execute()
    await run(transaction, 'insert into t values (1)')
    expect(await failureOf(run(transaction, `insert into t ${LONG_ROW}`))).toBeInstanceOf(
      StatementTimeoutError,
    )
    expect(await failureOf(run(transaction, 'insert into t values (2)'))).toMatchObject({
      code: 'POOLCLASS_TRANSACTION_LOST',
      cause: expect.any(StatementTimeoutError),
    })
    expect(await failureOf(transaction.commit().execute())).toMatchObject({
      code: expect.stringMatching(/LOST|DIED/),
    })
    // It waits until SQLite has ended the step.
    await run(db, 'pragma busy_timeout = 60000')
    await run(db, 'insert into t values (3)')
    expect(await run(db, 'select a from t')).toEqual([{ a: 3 }])
  },
)
