import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  expectAllReturned,
  holdWriteLock,
  ids,
  insert,
} from '../support/counters.ts'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const WRITERS = 6

test.each<[string, (id: number) => string]>([
  ['one text', () => 'insert into counter (value) values (7)'],
  ['a text for each', (id) => `insert into counter (value) values (${id})`],
])(
  'writers with SQL that is new leave connections to the readers while one writes: %s',
  async (_, textOf) => {
    const url = join(temporaryDirectory(), 'app.db')
    const pragmas = { journal_mode: 'wal', synchronous: 'off' }
    const { db, dialect } = open<CounterDatabase>({
      url,
      poolclass: 'QueuePool',
      poolSize: 3,
      maxOverflow: 0,
      pragmas,
    })
    await createCounters(db)
    const transaction = await holdWriteLock(db, (trx) => insert(trx, 2))
    let written = 0
    const writers = Array.from({ length: WRITERS }, (__, id) =>
      sql
        .raw(textOf(id))
        .execute(db)
        .then(() => (written += 1)),
    )
    // Of three connections, one writes and at most one waits for the lock.
    await Promise.all(Array.from({ length: 10 }, () => ids(db)))
    expect(written).toBe(0)
    await expect
      .poll(() => dialect.pool.status(), { timeout: 20_000 })
      .toMatchObject({ checkedOut: 2, waiting: 0 })
    await transaction.end()
    await Promise.all(writers)
    expect(written).toBe(WRITERS)
    expectAllReturned(dialect)
  },
)
