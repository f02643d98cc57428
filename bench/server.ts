/**
 * A libSQL server on this machine: this dialect beside `@libsql/kysely-libsql`, and beside the requests alone, sent with `fetch`.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node bench/server.ts`. docs/server.md has what it printed.
 */
import { createClient } from '@libsql/client/http'
import { LibsqlDialect } from '@libsql/kysely-libsql'
import { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { markdownTable } from 'markdown-table'
import { Sqld } from './sqld.ts'

interface Item {
  item: { id: number; text: string }
}

/** Each returns when the work is done; absent where the contestant cannot do it. */
interface Contestant {
  readonly name: string
  readonly select: (id: number) => Promise<unknown>
  readonly insert: () => Promise<unknown>
  readonly transaction: () => Promise<unknown>
  readonly stream?: () => Promise<number>
}

const ROWS = 100_000
const server = await Sqld.start(28_080)
const URL = server.url
const db = new Kysely<Item>({ dialect: new PooledSqliteDialect(URL) })
const peer = new Kysely<Item>({ dialect: new LibsqlDialect({ client: createClient({ url: URL }) as never }) })
try {
  await fill()
  await compare([
    { name: 'this dialect', ...ofKysely(db), stream: () => readStream(db) },
    { name: '@libsql/kysely-libsql', ...ofKysely(peer) },
    { name: 'fetch', ...ofFetch() },
  ])
} finally {
  await Promise.all([db.destroy(), peer.destroy()])
  await server.end()
}

async function fill(): Promise<void> {
  await db.executeQuery(CompiledQuery.raw('create table item (id integer primary key, text text not null)'))
  await db.executeQuery(
    CompiledQuery.raw(
      `insert into item with recursive n(id) as (select 1 union all select id + 1 from n where id < ${ROWS}) ` +
        "select id, 'item ' || id from n",
    ),
  )
}

function ofKysely(kysely: Kysely<Item>): Omit<Contestant, 'name'> {
  const insert = (on: Kysely<Item>): Promise<unknown> =>
    on
      .insertInto('item')
      .values({ text: 'new' } as never)
      .execute()
  return {
    select: (id) => kysely.selectFrom('item').selectAll().where('id', '=', id).execute(),
    insert: () => insert(kysely),
    transaction: () =>
      kysely.transaction().execute(async (trx) => {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        for (let i = 0; i < 10; i += 1) await insert(trx)
      }),
  }
}

/** As its user would who has no library: a stream for each request, and one for the whole transaction. */
function ofFetch(): Omit<Contestant, 'name'> {
  const insert = execute("insert into item (text) values ('new')")
  const close = { type: 'close' }
  return {
    select: (id) => send(null, execute(`select * from item where id = ${id}`), close),
    insert: () => send(null, insert, close),
    transaction: async () => {
      let baton = await send(null, execute('begin immediate'))
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      for (let i = 0; i < 10; i += 1) baton = await send(baton, insert)
      await send(baton, execute('commit'), close)
    },
  }
}

function execute(sql: string): object {
  return { type: 'execute', stmt: { sql } }
}

async function send(baton: string | null, ...requests: object[]): Promise<string | null> {
  const response = await fetch(`${URL}/v3/pipeline`, {
    method: 'POST',
    body: JSON.stringify({ baton, requests }),
  })
  return ((await response.json()) as { baton: string | null }).baton
}

async function readStream(kysely: Kysely<Item>): Promise<number> {
  let count = 0
  for await (const _ of kysely.selectFrom('item').selectAll().where('id', '<=', ROWS).stream(1000)) count += 1
  return count
}

async function compare(contestants: readonly Contestant[]): Promise<void> {
  const trials: readonly [
    name: string,
    times: number,
    run: (contestant: Contestant) => Promise<unknown> | undefined,
  ][] = [
    ['point select', 100, ({ select }) => select(500)],
    ['insert', 60, ({ insert }) => insert()],
    ['transaction of ten inserts', 10, ({ transaction }) => transaction()],
    [
      '64 point selects at once',
      6,
      ({ select }) => Promise.all(Array.from({ length: 64 }, (_, i) => select(i + 1))),
    ],
    [`${ROWS} rows streamed`, 1, ({ stream }) => stream?.()],
  ]
  const rows: string[][] = []
  for (const [name, times, run] of trials) {
    const row = [name]
    // oxlint-disable no-await-in-loop -- one after the other
    for (const contestant of contestants) row.push(await timed(times, () => run(contestant)))
    // oxlint-enable no-await-in-loop
    rows.push(row)
  }
  console.log(
    markdownTable([['', ...contestants.map(({ name }) => name)], ...rows], { align: ['l', 'r', 'r', 'r'] }),
  )
}

/** The median of three rounds, in milliseconds. */
async function timed(times: number, run: () => Promise<unknown> | undefined): Promise<string> {
  const rounds: number[] = []
  for (let round = 0; round < 3; round += 1) {
    const begin = performance.now()
    for (let i = 0; i < times; i += 1) {
      const running = run()
      if (running === undefined) return '–'
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await running
    }
    rounds.push((performance.now() - begin) / times)
  }
  const median = rounds.toSorted((a, b) => a - b)[1]!
  return `${Number(median.toPrecision(3)).toLocaleString('en-US')} ms`
}
