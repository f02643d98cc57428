import * as poolclass from '@poolclass/dialect'
import { POOL_CLASSES } from '../contestants/index.ts'
import { expect } from '../data.ts'
import type { Case } from '../harness/case.ts'

/** In one run: a promise more for each would be a third of what is measured. */
const CHECKOUTS = 100

const classes: Pick<typeof poolclass, (typeof POOL_CLASSES)[number]> = poolclass
type AnyPool = poolclass.Pool<poolclass.PoolableConnection>
/** They hold the least that a pool can hold, but for the last. */
const pools = new Map<string, () => AnyPool>([
  ...POOL_CLASSES.map(
    (name) => [name, () => new classes[name](() => ({ close() {}, rollback() {} }))] as const,
  ),
  ['SingletonThreadPool of SQLite connections', () => new poolclass.PooledSqliteDialect(':memory:').pool],
])

async function leaveIdle(pool: AnyPool, connections: number): Promise<void> {
  // A class of one connection never lends a second one.
  const signal = AbortSignal.timeout(100)
  const lent = await Promise.allSettled(Array.from({ length: connections }, () => pool.connect({ signal })))
  for (const each of lent) if (each.status === 'fulfilled') await each.value.close()
  const { idle } = pool.status()
  if (idle !== connections) throw new Error(`It keeps ${idle} idle, and not ${connections}.`)
}

export const cases: Case[] = [
  {
    name: 'checkout and check-in',
    contestants: [...pools.keys()],
    columns: [1, 4],
    varied: { title: 'idle connections', scale: 'linear' },
    goals: [
      { at: [1], contestant: 'SingletonThreadPool', atMost: 300 },
      { at: [1], contestant: 'StaticPool', atMost: 300 },
      { at: [1, 4], contestant: 'QueuePool', atMost: 300 },
    ],
    async start({ contestant, column }) {
      const pool = pools.get(contestant)!()
      await leaveIdle(pool, Number(column))
      async function run(): Promise<void> {
        for (let n = 0; n < CHECKOUTS; n += 1) await (await pool.connect()).close()
      }
      const reset = async (): Promise<void> => expect('the opened connections', column, pool.status().opened)
      return { operations: CHECKOUTS, run, reset }
    },
  },
]
