import {
  AssertionPool,
  GenericPool,
  NullPool,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { describe, expect, test } from 'vitest'
import { FakeConnection, tick } from './fake-connection.ts'

class ReadingConnection extends FakeConnection {
  stopReading(): void {
    this.calls.push('stopReading')
  }
}

class SlowlyReadingConnection extends FakeConnection {
  async stopReading(): Promise<void> {
    await tick()
    this.calls.push('stopReading')
  }
}

describe.each([SingletonThreadPool, StaticPool, NullPool, QueuePool, GenericPool, AssertionPool])(
  '%o',
  (PoolClass) => {
    test.each([
      ['rollback', ['stopReading', 'reset', 'rollback']],
      ['commit', ['stopReading', 'reset', 'commit']],
      [null, ['stopReading', 'reset']],
    ] as const)(
      'ends what still reads at each check-in, before all else, with poolResetOnReturn %s',
      async (poolResetOnReturn, calls) => {
        for (const Connection of [ReadingConnection, SlowlyReadingConnection]) {
          const connection = new Connection(1)
          const pool = new PoolClass(() => connection, { poolResetOnReturn })
          pool.on('reset', () => void connection.calls.push('reset'))
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          const checkout = await pool.connect()
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          await checkout.close()
          expect(connection.calls.slice(0, calls.length)).toEqual(calls)
          expect(pool.status().checkedOut).toBe(0)
        }
      },
    )
  },
)
