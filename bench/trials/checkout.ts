import {
  AssertionPool,
  GenericPool,
  type Pool,
  type PoolableConnection,
  PooledSqliteDialect,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/dialect'
import type { Contestant, Trial } from '../trial.ts'

const classes = [SingletonThreadPool, StaticPool, QueuePool, GenericPool, AssertionPool]
const fourIdle = 'QueuePool with four idle'
const onSqlite = 'StaticPool of SQLite connections'

/** A free connection is borrowed and given back. */
export const checkout: Trial = {
  name: 'checkout and check-in',
  batch: 3000,
  contestants: {
    ...Object.fromEntries(classes.map((Class) => [Class.name, borrower(() => new Class(connect))])),
    [fourIdle]: borrower(() => new QueuePool(connect), 4),
    [onSqlite]: borrower(() => new PooledSqliteDialect({ url: ':memory:', poolclass: StaticPool }).pool),
  },
  bounds: [...classes.map(({ name }) => name), fourIdle, onSqlite].map((subject) => ({
    subject,
    wanted: { nanoseconds: 1500 },
  })),
}

/** The least that a pool can hold. */
function connect(): PoolableConnection {
  return { close() {}, rollback() {} }
}

function borrower(open: () => Pool<PoolableConnection>, idle = 1): Contestant {
  return async () => {
    const pool = open()
    const out = await Promise.all(Array.from({ length: idle }, () => pool.connect()))
    await Promise.all(out.map((pooled) => pooled.close()))
    return {
      async run(times) {
        for (let n = 0; n < times; n += 1) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          const pooled = await pool.connect()
          // oxlint-disable-next-line no-await-in-loop
          await pooled.close()
        }
        const { opened } = pool.status()
        if (opened !== idle) throw new Error(`${opened} connections were opened instead of ${idle}`)
      },
      close: () => pool.dispose(),
    }
  }
}
