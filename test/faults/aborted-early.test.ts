import { CompiledQuery, type Kysely } from 'kysely'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { failureOf } from '../support/failure.ts'
import { run } from '../support/statements.ts'
import { silentConsole } from '../support/silent-console.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { CREATOR, UP_TO } from '../threads/creators.ts'

/** More than it takes to send the thread the question what the statement is, and less than a turn of the event loop. */
const MICROTASKS = 50

beforeEach(silentConsole)

const QUERY = CompiledQuery.raw(`${UP_TO} select produce(i) from c`, [2000])

const BEGINNINGS: readonly (readonly [string, (db: Kysely<any>, signal: AbortSignal) => Promise<unknown>])[] =
  [
    ['query', (db, signal) => db.executeQuery(QUERY, { signal, inflightQueryAbortStrategy: 'cancel query' })],
    ['stream', (db, signal) => db.getExecutor().stream(QUERY, 2000, { signal }).next()],
  ]

describe.each(['QueuePool', 'NullPool', 'StaticPool', 'SingletonThreadPool'] as const)(
  'through a %s',
  (poolclass) => {
    test.each(BEGINNINGS)(
      'a %s that is aborted before its thread has begun it never begins',
      async (_, begin) => {
        const { db } = open<any>({
          url: join(temporaryDirectory(), 'app.db'),
          poolclass,
          threads: 1,
          creator: CREATOR,
        })
        await run(db, 'select 1')
        const controller = new AbortController()
        const reason = new Error('no longer wanted')
        const failure = failureOf(begin(db, controller.signal))
        for (let n = 0; n < MICROTASKS; n += 1) await Promise.resolve()
        controller.abort(reason)
        expect(await failure).toBe(reason)
        expect(await run(db, 'select produced() as produced')).toEqual([{ produced: 0 }])
      },
    )
  },
)
