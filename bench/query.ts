import { type CompiledQuery, DummyDriver, Kysely, SqliteDialect } from 'kysely'
import type { Client, Database, MaybePromise } from './contestants/client.ts'
import { open } from './contestants/index.ts'
import { type Db, expect, idAt } from './data.ts'
import type { Case, Seat, Work } from './harness/case.ts'

/** Written once: dialects build it each time, drivers prepare its SQL once. */
export interface Query<Row = unknown> {
  build(db: Db, n: number): { execute(): Promise<Row[]>; compile(): CompiledQuery }
  parameters(n: number): readonly unknown[]
}

/** A query that a case repeats. */
export type Repeated<Row> = Query<Row> &
  Pick<Work<Row[]>, 'check' | 'tasks' | 'most'> & { reset?(client: Client, done: number): Promise<void> }

/** It only compiles. */
const compiler: Db = new Kysely({
  dialect: Object.assign(new SqliteDialect({} as never), { createDriver: () => new DummyDriver() }),
})

/** What runs a query for the nth time. */
export async function runner<Row>(
  client: Client | Database,
  { build, parameters }: Query<Row>,
): Promise<(n: number) => MaybePromise<Row[]>> {
  if (!('prepare' in client)) return (n) => build(client.db, n).execute()
  const { sql, query } = build(compiler, 0).compile()
  const statement = await client.prepare(sql)
  const returnsRows = query.kind === 'SelectQueryNode' || ('returning' in query && query.returning)
  const method = (returnsRows ? statement.all : statement.run).bind(statement)
  return (n) => method(...parameters(n)) as MaybePromise<Row[]>
}

export async function repeated<Row>(client: Client, { reset, ...query }: Repeated<Row>): Promise<Work> {
  const run = await runner(client, query)
  return { ...query, run, reset: async (done: number) => reset?.(client, done) } as Work
}

export function repeating<Row>(data: readonly string[], query: Repeated<Row>): Case['start'] {
  return onClient(data, (client) => repeated(client, query))
}

/** Opens the contestant and runs the statements that make its data. */
export function onClient(
  data: readonly string[],
  work: (client: Client, seat: Seat) => MaybePromise<Work>,
): Case['start'] {
  return async (seat) => await work(await open(seat, data), seat)
}

export const SELECT = {
  build: (db: Db, n: number) => db.selectFrom('person').selectAll().where('id', '=', idAt(n)),
  parameters: (n: number) => [idAt(n)],
  check: (rows: readonly { id: number }[], n: number): void => expect('the id', idAt(n), rows[0]?.id),
}

export const UPDATE: Query = {
  build: (db, n) =>
    db
      .updateTable('person')
      .set((set) => ({ age: set('age', '+', 1) }))
      .where('id', '=', idAt(n)),
  parameters: (n) => [1, idAt(n)],
}

export async function findPerson(db: Db, n: number): Promise<void> {
  SELECT.check(await SELECT.build(db, n).execute(), n)
}

/** Holds so many connections of one dialect, each of which has been used, while `work` is done. */
export async function whileLent<T>(
  db: Db,
  connections: number,
  use: (connection: Db) => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  if (connections === 0) return await work()
  return await db.connection().execute(async (connection) => {
    await use(connection)
    return await whileLent(db, connections - 1, use, work)
  })
}
