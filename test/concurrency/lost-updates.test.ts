import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  expectAllReturned,
  increment,
  journalMode,
  valueOf,
} from '../support/counters.ts'
import { sampled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { isLocked } from '../support/raw-lock.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function times<T>(count: number, task: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => task(index)))
}

describe.each(['wal', 'delete'])('in journal mode %s', (journal_mode) => {
  const pragmas = { journal_mode, synchronous: 'off' }

  test.each(['NullPool', 'QueuePool', 'StaticPool', 'SingletonThreadPool'] as const)(
    '200 concurrent read-modify-write transactions on a %s lose nothing',
    async (poolclass) => {
      const url = join(temporaryDirectory(), 'app.db')
      const { db, dialect } = open<CounterDatabase>({ url, poolclass, pragmas })
      await createCounters(db)
      expect(await journalMode(db)).toBe(journal_mode)

      await times(200, () => increment(db))
      expect(await valueOf(db)).toBe(200)
      expectAllReturned(dialect)
      expect(isLocked(url)).toBe(false)
    },
  )

  test('200 read-modify-write transactions through two dialects of different pool classes lose nothing', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const dialects = (['NullPool', 'QueuePool'] as const).map((poolclass) =>
      open<CounterDatabase>({ url, poolclass, pragmas }),
    )
    await createCounters(dialects[0]!.db)

    await times(200, (index) => increment(dialects[index % 2]!.db))
    for (const { db, dialect } of dialects) {
      expect(await valueOf(db)).toBe(200)
      expectAllReturned(dialect)
    }
    expect(isLocked(url)).toBe(false)
  })

  test.each(sampled(['QueuePool', 'NullPool'] as const))(
    'read-modify-write transactions of three processes and this one, each on a %s, lose nothing',
    async (poolclass) => {
      const url = join(temporaryDirectory(), 'app.db')
      const config = { url, poolclass, pragmas, connectArgs: { timeout: 20_000 } }
      const { db, dialect } = open<CounterDatabase>(config)
      await createCounters(db)
      const args = [JSON.stringify(config), '40']
      const children = [1, 2, 3].map(() => new ScriptProcess('concurrency/scripts/increment.ts', args))

      await Promise.all([times(40, () => increment(db)), ...children.map((child) => child.ended())])
      expect(await valueOf(db)).toBe(160)
      expectAllReturned(dialect)
      expect(isLocked(url)).toBe(false)
    },
  )
})

test.each(['NullPool', 'QueuePool', 'StaticPool'] as const)(
  '200 concurrent read-modify-write transactions on shared memory with a %s lose nothing',
  async (poolclass) => {
    const { db, dialect } = open<CounterDatabase>({
      url: `file:lost-${poolclass}?mode=memory&cache=shared`,
      poolclass,
    })
    await createCounters(db)

    await times(200, () => increment(db))
    expect(await valueOf(db)).toBe(200)
    expectAllReturned(dialect)
  },
)

test('200 concurrent read-modify-write transactions on private memory lose nothing', async () => {
  const { db, dialect } = open<CounterDatabase>(':memory:')
  await createCounters(db)

  await times(200, () => increment(db))
  expect(await valueOf(db)).toBe(200)
  expectAllReturned(dialect)
})
