/**
 * Runs sessions and transactions that chance chooses, whose statements are awaited, forgotten, aborted, or members of a
 * `Promise.all` that fails. Prints what became of them and, as `faults`, what must not happen. Arguments: the configs in
 * JSON, the seed, how many programs each task runs.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig, ReleasedError } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import { run } from '../../support/statements.ts'

const [configs = '', seed = '0', programs = '0'] = process.argv.slice(2)

type Chance = (below: number) => number
interface Executor {
  executeQuery(query: CompiledQuery, options?: { readonly signal: AbortSignal }): Promise<unknown>
}
type Watched = Parameters<Parameters<PooledSqliteDialect['pool']['on']>[1]>[0] & {
  readonly inTransaction: boolean
  execute(sql: string, parameters: readonly unknown[], cancellable?: boolean): unknown
}

const TASKS = 3
/** The number of the transaction of what is sent outside of any. */
const NONE = 0
/** Is there from the beginning, so that to insert it again fails. */
const TAKEN = 0

const faults: string[] = []
const fates = { done: 0, refused: 0, failed: 0, unknown: 0 }
const ends = { saved: 0, undone: 0 }
let lastId = TAKEN
let lastTransaction = NONE

interface Insert {
  readonly id: number
  readonly fate: Promise<keyof typeof fates>
}

/** What was sent in a transaction, or outside of any, and whether that was saved. */
class Scope {
  readonly number: number
  readonly inserts: Insert[] = []
  readonly saved = Promise.withResolvers<boolean>()

  constructor(number: number) {
    this.number = number
  }

  insert(db: Executor, signal?: AbortSignal): Promise<keyof typeof fates> {
    lastId += 1
    const query = CompiledQuery.raw('insert into t values (?, ?)', [lastId, this.number])
    const fate = fateOf(db.executeQuery(query, signal && { signal }), signal)
    this.inserts.push({ id: lastId, fate })
    return fate
  }

  /** Notes whether its transaction was committed. */
  async end(transaction: Promise<unknown>): Promise<void> {
    const isSaved = await transaction.then(
      () => true,
      () => false,
    )
    ends[isSaved ? 'saved' : 'undone'] += 1
    this.saved.resolve(isSaved)
  }
}

class Database {
  readonly db: Kysely<any>
  readonly #label: string
  readonly #dialect: PooledSqliteDialect
  readonly #scopes: Scope[] = []
  /** What nobody waits for. */
  readonly #forgotten: Promise<unknown>[] = []

  constructor(config: PooledSqliteDialectConfig) {
    this.#label = `${String(config.poolclass)}, threads ${config.threads ?? 0}`
    this.#dialect = new PooledSqliteDialect(config)
    this.#dialect.pool.on('connect', (connection) => this.#watch(connection))
    this.db = new Kysely({ dialect: this.#dialect })
  }

  async create(): Promise<void> {
    await run(this.db, 'create table if not exists t (id integer primary key, scope integer)')
    await run(this.db, 'insert or ignore into t values (?, ?)', TAKEN, NONE)
  }

  scope(number: number): Scope {
    const scope = new Scope(number)
    if (number === NONE) scope.saved.resolve(true)
    this.#scopes.push(scope)
    return scope
  }

  forget(promise: Promise<unknown>): void {
    this.#forgotten.push(promise.catch(() => {}))
  }

  async check(): Promise<void> {
    for (const promise of this.#forgotten) await promise
    const there = new Set((await run(this.db, 'select id from t')).map(({ id }) => id))
    for (const { inserts, saved } of this.#scopes) {
      const isSaved = await saved.promise
      for (const { id, fate } of inserts) {
        const became = await fate
        if (became === 'unknown') continue
        const isExpected = isSaved && became === 'done'
        if (there.has(id) !== isExpected) {
          this.#fault(
            `insert ${id} ${became}, its transaction ${isSaved ? 'saved' : 'undone'}, there: ${there.has(id)}`,
          )
        }
      }
    }
    for (let tries = 0; this.#isOut && tries < 400; tries += 1) await delay(5)
    if (this.#isOut) this.#fault(`left: ${String(this.#dialect.pool.status())}`)
    // Nobody has the write lock.
    await this.db.transaction().execute((trx) => run(trx, 'delete from t where id = -1'))
  }

  get #isOut(): boolean {
    const { checkedOut, waiting } = this.#dialect.pool.status()
    return checkedOut + waiting > 0
  }

  /** Sees to it that an insert runs in its own transaction, or in none. */
  #watch(connection: Watched): void {
    const execute = connection.execute.bind(connection)
    let current: unknown
    connection.execute = (sql, parameters, cancellable) => {
      if (sql.startsWith('insert into t ')) {
        const [id, scope] = parameters
        if (!connection.inTransaction) current = NONE
        else if (current === NONE) current = scope
        if (scope !== current || (scope === NONE) === connection.inTransaction) {
          this.#fault(
            `insert ${String(id)} of transaction ${String(scope)} ran in transaction ${String(current)}`,
          )
        }
      } else if (!connection.inTransaction) current = NONE
      return execute(sql, parameters, cancellable)
    }
  }

  #fault(what: string): void {
    faults.push(`${this.#label}: ${what}`)
  }
}

async function fateOf(
  statement: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<keyof typeof fates> {
  const fate = await statement.then(
    () => 'done' as const,
    (error: unknown) => {
      // It may have been carried out.
      if (signal?.aborted === true) return 'unknown'
      const isLate = error instanceof ReleasedError || String(error).includes('Transaction is already')
      return isLate ? 'refused' : 'failed'
    },
  )
  fates[fate] += 1
  return fate
}

/** Whole numbers from 0 to `below` − 1, the same ones for the same seed. */
function chanceOf(state: number): Chance {
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** From nothing at all to some milliseconds. */
async function pause(chance: Chance): Promise<void> {
  const kind = chance(4)
  if (kind === 1) for (let steps = chance(30); steps > 0; steps -= 1) await Promise.resolve()
  if (kind === 2) await setImmediate()
  if (kind === 3) await delay(chance(3))
}

const STATEMENTS: readonly ((
  database: Database,
  db: Kysely<any>,
  scope: Scope,
  chance: Chance,
) => Promise<unknown>)[] = [
  (_, db, scope) => scope.insert(db),
  (_, db, scope) => scope.insert(db),
  (_, db) => run(db, 'select count(*) from t'),
  (_, db, { number }) => run(db, 'insert into t values (?, ?)', TAKEN, number),
  async (_, db, scope, chance) => {
    const aborting = new AbortController()
    const fate = scope.insert(db, aborting.signal)
    await pause(chance)
    aborting.abort()
    await fate
  },
  async (_, db, scope, chance) => {
    const rows = db.selectFrom('t').selectAll().stream(1)
    while ((await rows.next()).done !== true && chance(3) > 0) await pause(chance)
    await rows.return?.()
  },
]

/** Some statements, awaited or not. It fails with one that is awaited. */
async function send(database: Database, db: Kysely<any>, scope: Scope, chance: Chance): Promise<void> {
  const atOnce: Promise<unknown>[] = []
  for (let left = 1 + chance(4); left > 0; left -= 1) {
    const sent = STATEMENTS[chance(STATEMENTS.length)]!(database, db, scope, chance)
    const how = chance(3)
    database.forget(sent)
    if (how === 0) await sent
    if (how === 1) atOnce.push(sent)
  }
  await Promise.all(atOnce)
  await pause(chance)
}

const reason = new Error('changed my mind')

async function transact(database: Database, db: Kysely<any>, chance: Chance): Promise<void> {
  lastTransaction += 1
  const scope = database.scope(lastTransaction)
  await scope.end(
    db.transaction().execute(async (trx) => {
      const parts = Array.from({ length: 1 + chance(2) }, () => send(database, trx, scope, chance))
      for (const part of parts) database.forget(part)
      await Promise.all(parts)
      if (chance(3) === 0) throw reason
    }),
  )
}

const PROGRAMS: readonly ((database: Database, chance: Chance) => Promise<unknown>)[] = [
  async (database) => void (await database.scope(NONE).insert(database.db)),
  (database, chance) => transact(database, database.db, chance),
  (database, chance) =>
    database.db
      .connection()
      .execute((connection) => send(database, connection, database.scope(NONE), chance)),
  (database, chance) =>
    database.db.connection().execute(async (connection) => {
      const alone = database.scope(NONE)
      for (let left = 1 + chance(3); left > 0; left -= 1) {
        if (chance(2) === 0) database.forget(alone.insert(connection))
        await transact(database, connection, chance)
        if (chance(2) === 0) await alone.insert(connection)
      }
    }),
  async (database, chance) => {
    lastTransaction += 1
    const scope = database.scope(lastTransaction)
    const trx = await database.db.startTransaction().execute()
    await send(database, trx, scope, chance).catch(() => {})
    const isToCommit = chance(2) === 0
    const ending = isToCommit ? trx.commit().execute() : trx.rollback().execute()
    await scope.end(isToCommit ? ending : ending.then(() => Promise.reject(reason)))
  },
  (database, chance) =>
    database.db.getExecutor().provideConnection(async (session) => {
      const scope = database.scope(NONE)
      for (let left = 1 + chance(5); left > 0; left -= 1) database.forget(scope.insert(session))
      await pause(chance)
    }),
]

async function work(database: Database, tasks: number, chance: Chance): Promise<void> {
  const task = async (): Promise<void> => {
    for (let left = Number(programs); left > 0; left -= 1) {
      await PROGRAMS[chance(PROGRAMS.length)]!(database, chance).catch(() => {})
      await pause(chance)
    }
  }
  await Promise.all(Array.from({ length: tasks }, task))
}

const all = (JSON.parse(configs) as PooledSqliteDialectConfig[]).map((config) => ({
  database: new Database(config),
  tasks: config.poolclass === 'AssertionPool' ? 1 : TASKS,
}))
for (const { database } of all) await database.create()
await Promise.all(
  all.map(({ database, tasks }, n) => work(database, tasks, chanceOf(Number(seed) * 100 + n))),
)
for (const { database } of all) await database.check()
await Promise.all(all.map(({ database }) => database.db.destroy()))
console.log(JSON.stringify({ faults, ...fates, ...ends }))
