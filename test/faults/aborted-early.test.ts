import { CompiledQuery } from 'kysely'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { errorOf, run } from '../support/statements.ts'
import { silentConsole } from '../support/silent-console.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { CREATOR } from '../threads/creators.ts'

/** More than it takes to send the thread the question what the statement is, and less than a turn of the event loop. */
const MICROTASKS = 50

beforeEach(silentConsole)

test.each(['QueuePool', 'NullPool', 'StaticPool', 'SingletonThreadPool'] as const)(
  'a query through a %s that is aborted before its thread has begun it never begins',
  async (poolclass) => {
    const { db } = open({
      url: join(temporaryDirectory(), 'app.db'),
      poolclass,
      threads: 1,
      creator: CREATOR,
    })
    await run(db, 'select 1')
    const controller = new AbortController()
    const reason = new Error('no longer wanted')
    const failure = errorOf(
      db.executeQuery(CompiledQuery.raw('select produce(1)'), {
        signal: controller.signal,
        inflightQueryAbortStrategy: 'cancel query',
      }),
    )
    for (let n = 0; n < MICROTASKS; n += 1) await Promise.resolve()
    controller.abort(reason)
    expect(await failure).toBe(reason)
    expect(await run(db, 'select produced() as produced')).toEqual([{ produced: 0 }])
  },
)
