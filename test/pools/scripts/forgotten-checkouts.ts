/** Forgets checkouts of every pool class, and prints what the pools know and warn of after a garbage collection. */
import {
  AssertionPool,
  GenericPool,
  NullPool,
  type Pool,
  type PoolableConnection,
  type PoolClass,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { setTimeout as sleep } from 'node:timers/promises'

const CLASSES = [SingletonThreadPool, StaticPool, NullPool, QueuePool, GenericPool, AssertionPool]

let warnings: string[] = []
process.on('warning', ({ message }) => warnings.push(message))

const forgotten: Record<string, unknown> = {}
for (const PoolClass of CLASSES) forgotten[PoolClass.name] = await forget(PoolClass)
console.log(JSON.stringify({ forgotten, inOrder: await keepInOrder() }))

/** Once a checkout that had to be opened, and once one that was free and that somebody waits for. */
async function forget(PoolClass: PoolClass): Promise<unknown> {
  warnings = []
  const calls: string[] = []
  const pool = new PoolClass(() => ({
    close: () => void calls.push('close'),
    rollback: () => void calls.push('rollback'),
  })).on('reset', (_, { reason }) => void calls.push(`reset: ${reason}`))
  await theForgetful(pool)
  const checkedOut = [pool.status().checkedOut]
  await collect(() => pool.status().checkedOut === 0)
  checkedOut.push(pool.status().checkedOut)
  await theForgetful(pool)
  const waiting = waits(pool) ? pool.connect().then((pooled) => pooled.close()) : undefined
  await collect(() => warnings.length === 2)
  await waiting
  checkedOut.push(pool.status().checkedOut)
  return { checkedOut, calls, warnings }
}

/** What was given back as it should be, and a checkout that is still held, are not forgotten. */
async function keepInOrder(): Promise<unknown> {
  warnings = []
  const pool = new QueuePool(() => ({ close() {} }))
  const held = await pool.connect()
  for (let times = 0; times < 20; times += 1) await (await pool.connect()).close()
  const detached = await pool.connect()
  detached.detach()
  await (await pool.connect()).invalidate()
  await collect(() => false)
  const { checkedOut } = pool.status()
  await held.close()
  return { checkedOut, warnings }
}

async function theForgetful(pool: Pool<PoolableConnection>): Promise<void> {
  await pool.connect()
}

function waits(pool: Pool<PoolableConnection>): boolean {
  return pool instanceof SingletonThreadPool || pool instanceof StaticPool
}

/** Finalizers run some time after the garbage collection. */
async function collect(isDone: () => boolean): Promise<void> {
  for (let times = 0; times < 50 && !isDone(); times += 1) {
    globalThis.gc!()
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await sleep(5)
  }
}
