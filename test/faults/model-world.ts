import assert from 'node:assert/strict'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { type ControlledTransaction, Kysely } from 'kysely'
import type { Interlude, Moment, Statement, Step, Strategy } from './model-programs.ts'

interface Entry {
  id: number
  task: number
  value: number
}

export type Database = { entry: Entry }

class Rollback extends Error {}

/** The rows that one task has, as far as they are certain: nobody else touches them. */
type Rows = ReadonlyMap<number, number>

/** What may have become of a row; undefined: it is not there. */
type Possible = readonly (number | undefined)[]

/** A database, what is known of its content, and the tasks that change both. */
export class World {
  readonly dialect: PooledSqliteDialect
  #db: Kysely<Database>
  readonly #rows = new Map<number, Rows>()
  /** Rows whose last change was aborted. They are left alone from then on. */
  readonly #uncertain = new Map<number, Possible>()
  /** Rows that have been committed, or may have been. */
  readonly #committed = new Set<number>()
  /** Rows that somebody has seen who is not in the transaction that wrote them. */
  readonly #seen = new Set<number>()
  #lastId = 0
  #destructions = 0
  #destroying: Promise<void>[] = []

  constructor(config: PooledSqliteDialectConfig) {
    this.dialect = new PooledSqliteDialect(config)
    this.#db = new Kysely({ dialect: this.dialect })
  }

  async createTable(): Promise<void> {
    await this.#db.schema
      .createTable('entry')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('task', 'integer', (column) => column.notNull())
      .addColumn('value', 'integer', (column) => column.notNull())
      .execute()
  }

  /** The database went with its connection. */
  async forget(): Promise<void> {
    this.#rows.clear()
    this.#uncertain.clear()
    await this.createTable()
  }

  async end(): Promise<void> {
    await Promise.all([...this.#destroying, this.#db.destroy()])
  }

  async runRound(tasks: readonly (readonly Step[])[]): Promise<void> {
    const outcomes = await Promise.allSettled(tasks.map((steps, task) => this.#runTask(task, steps)))
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    if (failures.length > 0) throw failures[0]
    await Promise.all(this.#destroying)
  }

  async interlude(what: Interlude): Promise<void> {
    if (what === 'invalidation') await this.#invalidate(false)
    if (what === 'soft invalidation') await this.#invalidate(true)
    if (what === 'disposal') await this.dialect.pool.dispose()
    if (what === 'destruction') {
      await this.#db.destroy()
      this.#db = new Kysely({ dialect: this.dialect })
    }
  }

  /** Every acknowledged effect is there, and nothing else. */
  async check(): Promise<void> {
    const content = new Map<number, number>()
    for (const { id, value: found } of await this.#db.selectFrom('entry').selectAll().execute())
      content.set(id, found)
    for (const [id, possible] of this.#uncertain) {
      assert.ok(possible.includes(content.get(id)), `row ${id} is ${content.get(id)}`)
      content.delete(id)
    }
    const certain = new Map<number, number>()
    for (const rows of this.#rows.values()) for (const [id, is] of rows) certain.set(id, is)
    assert.deepEqual(sorted(content), sorted(certain))
    assert.deepEqual([...this.#seen.difference(this.#committed)], [])
  }

  async #runTask(task: number, steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      const before = this.#destructions
      try {
        await this.#runStep(task, step)
      } catch (error) {
        const mayBeRefused = this.#destructions > before || this.#destroying.length > 0
        if (!mayBeRefused || !didNotRun(error)) throw error
      }
    }
  }

  async #runStep(task: number, step: Step): Promise<void> {
    switch (step.kind) {
      case 'statement':
        this.#acknowledge(task, await this.#run(this.#db, task, this.#rowsOf(task), step.statement, true))
        return
      case 'transaction':
        return this.#transaction(task, step)
      case 'controlled transaction':
        return this.#controlledTransaction(task, step)
      case 'stream':
        return this.#stream(task, step)
      case 'aborted statement':
        return this.#abortedStatement(task, step)
      case 'aborted transaction':
        return this.#abortedTransaction(task, step)
      case 'aborted stream':
        return this.#abortedStream(task, step)
      case 'invalidation':
        return this.#invalidate(step.soft)
      case 'destruction':
        return this.#destroy()
    }
  }

  #rowsOf(task: number): Rows {
    return this.#rows.get(task) ?? new Map()
  }

  #acknowledge(task: number, rows: Rows): void {
    this.#rows.set(task, rows)
    for (const id of rows.keys()) this.#committed.add(id)
  }

  /** Runs one statement on the rows of a task, and returns those that it has afterwards. */
  async #run(
    db: Kysely<Database>,
    task: number,
    rows: Rows,
    given: Statement,
    outside: boolean,
    options: { signal?: AbortSignal; inflightQueryAbortStrategy?: Strategy } = {},
  ): Promise<Rows> {
    const after = new Map(rows)
    switch (given.kind) {
      case 'insert': {
        const id = (this.#lastId += 1)
        after.set(id, given.value)
        if (outside) this.#committed.add(id)
        const insert = db.insertInto('entry').values({ id, task, value: given.value }).execute(options)
        await this.#mayBeAborted(insert, options.signal, id, [undefined, given.value])
        return after
      }
      case 'read': {
        const found = await this.#ownRows(db, task).execute(options)
        assert.deepEqual(this.#certain(found), sorted(rows))
        return rows
      }
      case 'read all': {
        const found = await db.selectFrom('entry').select(['id', 'task']).execute(options)
        for (const seen of found) if (outside || seen.task !== task) this.#seen.add(seen.id)
        return rows
      }
    }
    const id = [...rows.keys()][given.row % rows.size]
    if (id === undefined) return rows
    switch (given.kind) {
      case 'insert again': {
        const insert = db.insertInto('entry').values({ id, task, value: -1 }).execute(options)
        const code = await insert.then(
          () => 'no error',
          (error: unknown) => {
            if (didNotRun(error) || error === options.signal?.reason) throw error
            return (error as { code?: unknown }).code
          },
        )
        assert.equal(code, 'SQLITE_CONSTRAINT_PRIMARYKEY')
        return rows
      }
      case 'update': {
        after.set(id, given.value)
        const update = db.updateTable('entry').set({ value: given.value }).where('id', '=', id)
        await this.#mayBeAborted(update.execute(options), options.signal, id, [rows.get(id), given.value])
        return after
      }
      case 'delete': {
        after.delete(id)
        const deletion = db.deleteFrom('entry').where('id', '=', id).execute(options)
        await this.#mayBeAborted(deletion, options.signal, id, [rows.get(id), undefined])
        return after
      }
    }
  }

  /** A change that is aborted may have happened or not, unless the signal had fired before. */
  async #mayBeAborted(
    change: Promise<unknown>,
    signal: AbortSignal | undefined,
    id: number,
    possible: Possible,
  ): Promise<void> {
    const tooLate = signal?.aborted !== true
    try {
      await change
    } catch (error) {
      if (signal !== undefined && error === signal.reason && tooLate) throw new Uncertain(id, possible)
      throw error
    }
  }

  #ownRows(db: Kysely<Database>, task: number) {
    return db.selectFrom('entry').selectAll().where('task', '=', task).orderBy('id')
  }

  #certain(found: readonly Entry[]): [number, number][] {
    return found.flatMap(({ id, value: is }) => (this.#uncertain.has(id) ? [] : [[id, is]]))
  }

  async #transaction(task: number, step: Extract<Step, { kind: 'transaction' }>): Promise<void> {
    let rows = this.#rowsOf(task)
    try {
      await this.#db.transaction().execute(async (trx) => {
        for (const given of step.statements) rows = await this.#run(trx, task, rows, given, false)
        await delay(step.pause)
        rows = await this.#run(trx, task, rows, { kind: 'read' }, false)
        if (step.ending === 'throw') throw new Rollback()
        for (const id of rows.keys()) this.#committed.add(id)
      })
      this.#acknowledge(task, rows)
    } catch (error) {
      if (!(error instanceof Rollback)) throw error
    }
  }

  async #controlledTransaction(
    task: number,
    step: Extract<Step, { kind: 'controlled transaction' }>,
  ): Promise<void> {
    let rows = this.#rowsOf(task)
    const trx = await this.#db.startTransaction().execute()
    try {
      let current: ControlledTransaction<Database, string[]> = trx as never
      const savepoints: { readonly name: string; readonly rows: Rows }[] = []
      for (const next of step.moves) {
        switch (next.kind) {
          case 'savepoint': {
            const name = `savepoint ${savepoints.length}`
            savepoints.push({ name, rows })
            current = (await current.savepoint(name).execute()) as never
            break
          }
          case 'roll back to': {
            const savepoint = savepoints.at(-1)
            if (savepoint === undefined) break
            current = (await current.rollbackToSavepoint(savepoint.name).execute()) as never
            rows = savepoint.rows
            break
          }
          case 'release': {
            const savepoint = savepoints.pop()
            if (savepoint === undefined) break
            current = (await current.releaseSavepoint(savepoint.name).execute()) as never
            break
          }
          default:
            rows = await this.#run(current, task, rows, next, false)
        }
      }
      await delay(step.pause)
      await this.#run(current, task, rows, { kind: 'read' }, false)
    } catch (error) {
      await trx.rollback().execute()
      throw error
    }
    if (step.ending === 'rollback') {
      await trx.rollback().execute()
      return
    }
    for (const id of rows.keys()) this.#committed.add(id)
    await trx.commit().execute()
    this.#acknowledge(task, rows)
  }

  async #stream(
    task: number,
    { chunkSize, leaveAfter, pause: wait }: Extract<Step, { kind: 'stream' }>,
  ): Promise<void> {
    const found: Entry[] = []
    const expected = sorted(this.#rowsOf(task))
    let wasLeft = false
    for await (const entry of this.#ownRows(this.#db, task).stream(chunkSize)) {
      found.push(entry)
      wasLeft = found.length >= leaveAfter
      if (wasLeft) break
      await delay(wait)
    }
    const certain = this.#certain(found)
    assert.deepEqual(certain, wasLeft ? expected.slice(0, certain.length) : expected)
  }

  async #abortedStatement(
    task: number,
    { statement: given, after, strategy: how }: Extract<Step, { kind: 'aborted statement' }>,
  ): Promise<void> {
    const signal = signalAfter(after)
    const rows = this.#rowsOf(task)
    const options = { signal, inflightQueryAbortStrategy: how }
    try {
      this.#acknowledge(task, await this.#run(this.#db, task, rows, given, true, options))
    } catch (error) {
      if (error instanceof Uncertain) this.#leaveAlone(task, error)
      else if (error !== signal.reason) throw error
    }
  }

  #leaveAlone(task: number, { id, possible }: Uncertain): void {
    const rows = new Map(this.#rowsOf(task))
    rows.delete(id)
    this.#rows.set(task, rows)
    this.#uncertain.set(id, possible)
  }

  /** Its last statement is aborted, and with it all. */
  async #abortedTransaction(
    task: number,
    { statements: given, after, strategy: how }: Extract<Step, { kind: 'aborted transaction' }>,
  ): Promise<void> {
    const signal = signalAfter(after)
    let rows = this.#rowsOf(task)
    try {
      await this.#db.transaction().execute(async (trx) => {
        for (const each of given.slice(0, -1)) rows = await this.#run(trx, task, rows, each, false)
        const options = { signal, inflightQueryAbortStrategy: how }
        rows = await this.#run(trx, task, rows, given.at(-1)!, false, options)
        for (const id of rows.keys()) this.#committed.add(id)
      })
      this.#acknowledge(task, rows)
    } catch (error) {
      if (error !== signal.reason && !(error instanceof Uncertain)) throw error
    }
  }

  async #abortedStream(
    task: number,
    { after, strategy: how }: Extract<Step, { kind: 'aborted stream' }>,
  ): Promise<void> {
    const signal = signalAfter(after)
    const found: Entry[] = []
    const expected = sorted(this.#rowsOf(task))
    const options = { chunkSize: 1, signal, inflightQueryAbortStrategy: how }
    let wasAborted = false
    try {
      for await (const entry of this.#ownRows(this.#db, task).stream(options)) found.push(entry)
    } catch (error) {
      if (error !== signal.reason) throw error
      wasAborted = true
    }
    const certain = this.#certain(found)
    assert.deepEqual(certain, wasAborted ? expected.slice(0, certain.length) : expected)
  }

  async #invalidate(soft: boolean): Promise<void> {
    const checkout = await this.dialect.pool.connect()
    await checkout.invalidate(new Error('invalidated by the test'), { soft })
    await checkout.close()
  }

  /** Those who are at work finish, or are told that they have not begun; whoever comes later has a new instance. */
  async #destroy(): Promise<void> {
    this.#destructions += 1
    const old = this.#db
    this.#db = new Kysely({ dialect: this.dialect })
    const destroying = old.destroy()
    this.#destroying.push(destroying)
    await destroying
  }
}

class Uncertain extends Error {
  readonly id: number
  readonly possible: Possible

  constructor(id: number, possible: Possible) {
    super(`row ${id} may be ${possible.join(' or ')}`)
    this.id = id
    this.possible = possible
  }
}

function sorted(rows: Rows): [number, number][] {
  return [...rows].toSorted(([a], [b]) => a - b)
}

/** The two ways to be told that a query came after `destroy()`: the dialect's and Kysely's. */
function didNotRun(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  return code === 'POOLCLASS_DESTROYED' || error.message === 'driver has already been destroyed'
}

function signalAfter(after: Moment): AbortSignal {
  const reason = new Error('aborted by the test')
  if (after === 'before') return AbortSignal.abort(reason)
  const controller = new AbortController()
  void passed(after).then(() => controller.abort(reason))
  return controller.signal
}

async function passed(after: Exclude<Moment, 'before'>): Promise<void> {
  if ('milliseconds' in after) await delay(after.milliseconds)
  else if ('turns' in after) for (let n = 0; n < after.turns; n += 1) await turn()
  else for (let n = 0; n < after.microtasks; n += 1) await Promise.resolve()
}
