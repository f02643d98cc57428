/**
 * One memory database for all threads of an HTTP server: the main thread creates the table, and worker threads handle
 * the requests.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/memory-across-threads.ts`.
 */
import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import type { Kysely } from 'kysely'
import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { startHttpServer } from './http-server.ts'
import {
  addSale,
  createSchema,
  type Database,
  openDatabase,
  readTotal,
  readTotalsByThread,
  type Total,
} from './memory-across-threads/database.ts'
import { startHandMadeThreads } from './memory-across-threads/hand-made-threads.ts'
import { startPiscinaThreads } from './memory-across-threads/piscina-threads.ts'
import type { StartThreads } from './memory-across-threads/threads.ts'
import { printStep, printTable, printText } from './print.ts'

const THREADS = 3
const SALES = 300
const SUM = (SALES * (SALES + 1)) / 2

printText(
  `An HTTP server that hands its requests to ${THREADS} worker threads. The main thread has created the table of sales.`,
)

printStep(
  'A private memory database',
  "A ':memory:' database belongs to one connection, and every thread opens a connection of its own. " +
    'So the table that the main thread creates is in a database that no worker can see.',
)
await runServer({ url: ':memory:' }, startHandMadeThreads, showMissingTable)

printStep(
  'A shared memory database',
  "Now the URL gives the database the name 'app', and all connections of the process that open this name share it. " +
    'The rest of the code is the same.',
)
await runServer({ url: 'file:app?mode=memory&cache=shared' }, startHandMadeThreads, showSharing)

printStep(
  'A shared memory database, as SQLAlchemy spells it',
  "The URL ':memory:' stays, and two options say that all threads share the database.",
)
await runServer(
  { url: ':memory:', poolclass: 'StaticPool', connectArgs: { checkSameThread: false } },
  startHandMadeThreads,
  showSharing,
)

printStep(
  'A shared memory database, in the threads of piscina',
  'The URL of step 2 and the same request handler, in a thread pool from npm instead of hand-made workers. ' +
    'It gives a request to the first thread that is free, so some do more than others.',
)
await runServer({ url: 'file:app?mode=memory&cache=shared' }, startPiscinaThreads, showSharing)

interface RunningServer {
  readonly url: string
  /** The main thread's. */
  readonly db: Kysely<Database>
}

async function runServer(
  config: PooledSqliteDialectConfig,
  startThreads: StartThreads,
  use: (server: RunningServer) => Promise<void>,
): Promise<void> {
  printText(`\nIn every thread:\nnew PooledSqliteDialect(${inspect(config, { breakLength: 60 })})`)
  const db = openDatabase(config)
  await createSchema(db)
  const threads = startThreads(THREADS, config)
  try {
    await using server = await startHttpServer(async (request, response) => {
      const { status, body } = await threads.handle({
        method: request.method ?? 'GET',
        body: await text(request),
      })
      response.writeHead(status).end(body)
    })
    await use({ url: `${server.url}/sales`, db })
  } finally {
    await threads.close()
    await db.destroy()
  }
}

async function showMissingTable({ url }: RunningServer): Promise<void> {
  const { status, body } = await postSale(url, 1)
  printText(`\nPOST /sales → ${status}\n${body}`)
  assert.equal(status, 500)
  assert.match(body, /no such table: sale\. .*'file:app\?mode=memory&cache=shared'/)
}

async function showSharing({ url, db }: RunningServer): Promise<void> {
  await addSale(db, 1)
  printText('\nThe main thread writes a sale of 1. The workers read it:')
  const answers = await Promise.all(Array.from({ length: THREADS }, () => getTotal(url)))
  for (const answer of answers.toSorted((a, b) => a.thread - b.thread)) {
    printText(`GET /sales → ${inspect(answer)}`)
    assert.equal(answer.sum, 1)
  }

  const amounts = Array.from({ length: SALES - 1 }, (_, index) => index + 2)
  printText(
    `\n${amounts.length} requests at once write sales of 2, 3, … ${SALES}. The main thread reads them all:`,
  )
  for (const { status, body } of await Promise.all(amounts.map((amount) => postSale(url, amount)))) {
    assert.equal(status, 201, body)
  }
  const totalsByThread = await readTotalsByThread(db)
  const total = await readTotal(db)
  printTable(
    ['written by', 'sales', 'sum'],
    [
      ...totalsByThread.map(({ thread, sales, sum }) => [nameOf(thread), sales, sum]),
      ['all threads', total.sales, total.sum],
    ],
  )
  assert.deepEqual(total, { sales: SALES, sum: SUM })
  printText(`Nothing is lost: 1 + 2 + … + ${SALES} = ${SUM.toLocaleString('en')}. A worker reads the same:`)
  const answer = await getTotal(url)
  printText(`GET /sales → ${inspect(answer)}`)
  assert.equal(answer.sum, SUM)
}

interface Answer {
  readonly status: number
  readonly body: string
}

async function postSale(url: string, amount: number): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ amount }) })
  return { status: response.status, body: await response.text() }
}

async function getTotal(url: string): Promise<Total & { thread: number }> {
  const response = await fetch(url)
  const body = await response.text()
  assert.equal(response.status, 200, body)
  return JSON.parse(body)
}

function nameOf(thread: number): string {
  return thread === 0 ? 'the main thread' : `worker thread ${thread}`
}
