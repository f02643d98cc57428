/**
 * Several dialects write to one file, and tasks read, hold connections, refuse and give up as chance chooses. Prints what came
 * of it in JSON, and ends. Arguments: the file, the journal mode, the seed, the time in milliseconds.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig, PoolTimeoutError } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { Kysely } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { type Chance, chanceOf } from '../../support/chance.ts'
import { type Executor, run } from '../../support/statements.ts'

const [url = '', journal_mode = '', seed = '0', time = '0'] = process.argv.slice(2)
const chance = chanceOf(Number(seed))

/** Nobody comes near it who is served in turn. In milliseconds. */
const FAR = 40_000
const SHORT_POOL_TIMEOUT = 200

const LIMITED: readonly Omit<PooledSqliteDialectConfig, 'url'>[] = [
  { poolclass: 'QueuePool', poolSize: 1, maxOverflow: 0 },
  { poolclass: 'QueuePool', poolSize: 2, maxOverflow: 0 },
  { poolclass: 'GenericPool', max: 2 },
  { poolclass: 'StaticPool' },
  { poolclass: 'SingletonThreadPool' },
]
const POOLS: readonly Omit<PooledSqliteDialectConfig, 'url'>[] = [...LIMITED, { poolclass: 'NullPool' }]

/** A dialect, and the tasks that use it. */
class Party {
  readonly #dialect: PooledSqliteDialect
  readonly db: Kysely<any>
  readonly isCrowded: boolean
  readonly isDeferred = chance(2) === 0
  readonly tasks: number

  /** @param isCrowded Has many tasks and little patience, and some who hold its connections for longer than that. */
  constructor(isCrowded: boolean) {
    this.isCrowded = isCrowded
    this.tasks = isCrowded ? 200 : 6
    const pool = oneOf(isCrowded ? LIMITED : POOLS)
    this.#dialect = new PooledSqliteDialect({
      url,
      ...pool,
      ...(pool.poolclass !== 'NullPool' && { poolTimeout: isCrowded ? SHORT_POOL_TIMEOUT : FAR }),
      pragmas: { journal_mode, synchronous: 'off' },
      connectArgs: { timeout: FAR },
      transactionMode: this.isDeferred ? 'deferred' : 'immediate',
      threads: chance(3) === 0 ? 1 : 0,
    })
    this.db = new Kysely({ dialect: this.#dialect })
  }

  /** Resolves when all connections are back and a plain write has gone through. */
  async comeToRest(): Promise<void> {
    const { pool } = this.#dialect
    // oxlint-disable-next-line no-await-in-loop -- until it is so
    while (pool.status().checkedOut + pool.status().waiting > 0) await delay(1)
    await insert(this.db, newId())
  }
}

const acknowledged = new Set<number>()
/** They were aborted: SQLite may have written them by then. */
const unknown = new Set<number>()
const errors: string[] = []
const counts: Record<string, number> = {}
/** The longest that anything took, in milliseconds. */
const slowest = { crowded: 0, others: 0 }
let ids = 0
const bystander = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url, poolclass: 'NullPool', connectArgs: { timeout: FAR } }),
})

function newId(): number {
  return (ids += 1)
}

function oneOf<T>(list: readonly T[]): T {
  return list[chance(list.length)]!
}

async function insert(db: Executor, id: number, text: string = ''): Promise<void> {
  await run(db, `insert into log ${text} values (?)`, id)
}

function count(what: string): void {
  counts[what] = (counts[what] ?? 0) + 1
}

/** A signal that fires within some milliseconds, or has fired. */
function soonAborted(): AbortSignal {
  const controller = new AbortController()
  const milliseconds = chance(30)
  if (milliseconds === 0) controller.abort(new Error('given up'))
  else setTimeout(() => controller.abort(new Error('given up')), milliseconds)
  return controller.signal
}

function insertUnlessAborted(db: Kysely<any>, id: number): Promise<unknown> {
  unknown.add(id)
  return db.insertInto('log').values({ id }).execute({ signal: soonAborted() })
}

/** A transaction that stays open when its write was refused or given up, until somebody else of this thread has written. */
async function writeLate(
  { db, isDeferred }: Party,
  act: (trx: Kysely<any>, id: number) => Promise<unknown>,
): Promise<void> {
  const trx = await db.startTransaction().execute()
  const id = newId()
  try {
    await act(trx, id)
  } catch (error) {
    try {
      const [written] = await run(trx, 'select id from log where id = ?', id)
      // With a rollback journal, what the transaction has read keeps others from committing.
      if (isDeferred && journal_mode === 'wal' && written === undefined) await writeBeside()
    } finally {
      await trx.rollback().execute()
    }
    throw error
  }
  await delay(chance(5))
  await trx.commit().execute()
  if (!unknown.has(id)) acknowledged.add(id)
}

/** Fails after the busy timeout where somebody keeps the write lock of this thread. */
async function writeBeside(): Promise<void> {
  const id = newId()
  await insert(bystander, id)
  acknowledged.add(id)
  count('a write beside a transaction that was refused')
}

const ACTS: Readonly<Record<string, (party: Party) => Promise<unknown>>> = {
  async 'a statement'({ db }) {
    const id = newId()
    await insert(db, id)
    acknowledged.add(id)
  },
  async 'a statement of unknown kind'({ db }) {
    const id = newId()
    await insert(db, id, `/* ${id} */`)
    acknowledged.add(id)
  },
  async 'a transaction'({ db }) {
    const [first, second] = [newId(), newId()]
    await db.transaction().execute(async (trx) => {
      await insert(trx, first)
      await delay(chance(8))
      await insert(trx, second)
    })
    acknowledged.add(first).add(second)
  },
  async 'a write after a read on one connection'({ db }) {
    const id = newId()
    await db.connection().execute(async (connection) => {
      await run(connection, 'select max(id) from log')
      await delay(chance(8))
      await insert(connection, id)
    })
    acknowledged.add(id)
  },
  'a statement that is aborted': ({ db }) => insertUnlessAborted(db, newId()),
  'a transaction whose write is aborted': (party) => writeLate(party, insertUnlessAborted),
  'a transaction that reads and then writes': (party) =>
    writeLate(party, async (trx, id) => {
      await run(trx, 'select max(id) from log')
      await delay(chance(8))
      await insert(trx, id)
    }),
  'a read': ({ db }) => run(db, 'select count(*) from log'),
  'a connection that is held': ({ db }) =>
    db.connection().execute(async (connection) => {
      await run(connection, 'select max(id) from log')
      await delay(chance(20))
    }),
}

/** What an act may fail with: its own abort, a deferred transaction that may not wait, and its pool's short time-out. */
function mayFailWith(error: unknown, what: string, { isCrowded }: Party): boolean {
  const { code, message } = error as { code?: string; message: string }
  if (what.includes('aborted') && message === 'given up') return true
  if (what.includes('reads and then writes') && code?.startsWith('SQLITE_BUSY') === true) {
    return code === 'SQLITE_BUSY_SNAPSHOT' || message.includes('the transaction began with a read')
  }
  return isCrowded && error instanceof PoolTimeoutError
}

async function actUntil(end: number, party: Party): Promise<void> {
  while (performance.now() < end) {
    const what = oneOf(Object.keys(ACTS))
    const start = performance.now()
    // oxlint-disable no-await-in-loop -- one after the other
    try {
      await ACTS[what]!(party)
      count(what)
    } catch (error) {
      if (mayFailWith(error, what, party)) count(`${what}: ${(error as Error).name}`)
      else errors.push(`${what}: ${String(error)}`)
    }
    const kind = party.isCrowded ? 'crowded' : 'others'
    slowest[kind] = Math.max(slowest[kind], performance.now() - start)
    await delay(chance(10))
    // oxlint-enable no-await-in-loop
  }
}

/** Holds connections for longer than the others of its pool wait for one, and does not write, until `others` have ended. */
async function hogWhile(others: Promise<unknown>, { db }: Party): Promise<void> {
  const over = new AbortController()
  void others.finally(() => over.abort())
  while (!over.signal.aborted) {
    // oxlint-disable no-await-in-loop -- one after the other
    try {
      await db.connection().execute(async (connection) => {
        await run(connection, 'select max(id) from log')
        await Promise.race([others, delay(SHORT_POOL_TIMEOUT * (2 + chance(4)))])
      })
    } catch (error) {
      if (!(error instanceof PoolTimeoutError)) errors.push(`a hog: ${String(error)}`)
    }
    await delay(chance(50))
    // oxlint-enable no-await-in-loop
  }
}

/** Takes SQLite's lock behind the dialects' backs. */
async function lockUntil(end: number, next: Chance): Promise<void> {
  const handle = new BetterSqlite3(url, { timeout: 0 })
  while (performance.now() < end) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await delay(20 + next(100))
    try {
      handle.exec('begin immediate')
    } catch {
      continue
    }
    // oxlint-disable-next-line no-await-in-loop -- as above
    await delay(next(20))
    handle.exec('rollback')
  }
  handle.close()
}

async function create(): Promise<void> {
  const handle = new BetterSqlite3(url)
  handle.pragma(`journal_mode = ${journal_mode}`)
  handle.exec('create table log (id integer primary key)')
  handle.close()
}

/** What is there and was refused, and what is not there and was acknowledged. */
function differences(): { lost: number[]; appeared: number[] } {
  const handle = new BetterSqlite3(url)
  const rows = new Set(handle.prepare('select id from log').pluck().all() as number[])
  handle.close()
  return {
    lost: [...acknowledged].filter((id) => !rows.has(id)),
    appeared: [...rows].filter((id) => !acknowledged.has(id) && !unknown.has(id)),
  }
}

await create()
const parties = Array.from({ length: 1 + chance(3) }, (_, n) => new Party(n === 0 && chance(2) === 0))
const end = performance.now() + Number(time)
const tasks = parties.flatMap((party) => Array.from({ length: party.tasks }, () => actUntil(end, party)))
const acting = Promise.all(tasks)
const crowded = parties.filter(({ isCrowded }) => isCrowded)
await Promise.all([
  acting,
  lockUntil(end, chanceOf(Number(seed) + 1)),
  ...crowded.flatMap((party) => [hogWhile(acting, party), hogWhile(acting, party)]),
])
const found = differences()
const start = performance.now()
await Promise.all(parties.map((party) => party.comeToRest()))
const toRest = performance.now() - start
await Promise.all([bystander, ...parties.map(({ db }) => db)].map((db) => db.destroy()))
console.log(JSON.stringify({ errors, ...found, slowest, counts, toRest }))
