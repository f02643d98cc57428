import { constants } from 'node:buffer'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { Exchange } from '../../packages/dialect/src/drivers/libsql-server/exchange.ts'
import { failureOf } from '../support/failure.ts'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { openServer } from '../support/open-server.ts'
import { run } from '../support/statements.ts'
import { type Answerer, status, webServer } from '../support/web-server.ts'

const WRITE = 'insert into t values (1)'

test.each<[string, Answerer, object]>([
  ['401', status(401, 'Unauthorized'), { reason: 'status', status: 401, mayHaveHappened: false }],
  ['404', status(404), { reason: 'status', status: 404, mayHaveHappened: false }],
  ['500', status(500, '<html>'), { reason: 'status', status: 500, mayHaveHappened: true }],
  ['502', status(502), { reason: 'status', status: 502, mayHaveHappened: true }],
  [
    'a redirect',
    status(307, '', { location: 'http://127.0.0.1:1/' }),
    { reason: 'redirect', mayHaveHappened: false },
  ],
  ['a page', status(200, '<html>hello'), { reason: 'answer', mayHaveHappened: true }],
  ['other JSON', status(200, '{"results":5}'), { reason: 'answer', mayHaveHappened: true }],
  [
    'too few results',
    status(200, '{"baton":null,"results":[]}'),
    { reason: 'answer', mayHaveHappened: true },
  ],
  ['nothing for a result', status(200, '{"baton":null,"results":[null]}'), { reason: 'answer' }],
  [
    'a result of another kind',
    status(200, '{"baton":null,"results":[{"type":"ok","response":{"type":"close"}}]}'),
    { reason: 'answer' },
  ],
  [
    'a result without rows',
    status(200, '{"baton":null,"results":[{"type":"ok","response":{"type":"execute","result":{}}}]}'),
    { reason: 'answer' },
  ],
  ['an error without text', status(200, '{"baton":null,"results":[{"type":"error"}]}'), { reason: 'answer' }],
  ['a baton that is no text', status(200, '{"baton":5,"results":[{"type":"ok"}]}'), { reason: 'answer' }],
  [
    'compressed text',
    status(200, '\u001f\u008b', { 'content-encoding': 'gzip' }),
    { reason: 'answer', mayHaveHappened: true },
  ],
  ['nothing, and an end', (_, response) => void response.destroy(), { reason: 'cut', mayHaveHappened: true }],
  [
    'half of an answer',
    (_, response) => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('{"baton":null,', () => response.destroy())
    },
    { reason: 'cut', mayHaveHappened: true },
  ],
  ['nothing for too long', () => {}, { reason: 'timeout', mayHaveHappened: true }],
  [
    'half of an answer, and nothing for too long',
    (_, response) => void response.writeHead(200, { 'content-length': 1000 }).write('{'),
    { reason: 'timeout', mayHaveHappened: true },
  ],
])(
  'a server that answers a write with %s is an error that says what may have happened, and is not asked again',
  async (_, answer, expected) => {
    const { url, asked } = await webServer(answer)
    const { db, dialect } = openServer(`${url}?authToken=s3cret`, { connectArgs: { requestTimeout: 300 } })
    const error = await failureOf(run(db, WRITE))
    expect(error).toMatchObject({ name: 'ServerError', code: 'POOLCLASS_SERVER', ...expected })
    expect(error.message).toMatch(
      (error as any).mayHaveHappened ? /may have been carried out or not/ : /was not carried out/,
    )
    expect(JSON.stringify(error) + error.message + error.stack).not.toContain('s3cret')
    expect(asked).toHaveLength(1)
    expect(asked[0]!.headers.authorization).toBe('Bearer s3cret')
    await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
  },
)

test('a server that is not there is an error that says that nothing happened, whatever the statement', async () => {
  const { url } = await webServer(status(200))
  const { db } = openServer(url.replace(/\d+$/, '1'))
  for (const text of [WRITE, 'select 1', 'begin', 'with x as (select 1) select * from x']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await failureOf(run(db, text).then(() => run(db, WRITE)))).toMatchObject({
      code: 'POOLCLASS_SERVER',
      reason: 'unreachable',
      mayHaveHappened: false,
    })
  }
  const unknown = openServer('http://nowhere.invalid')
  expect(await failureOf(run(unknown.db, 'select 1'))).toMatchObject({ reason: 'unreachable' })
})

test('the token never follows a redirect to another server', async () => {
  const other = await webServer(status(200))
  const { url } = await webServer(status(308, '', { location: `${other.url}/v3/pipeline` }))
  const { db } = openServer(url, { connectArgs: { authToken: 's3cret' } })
  expect(await failureOf(run(db, 'select 1'))).toMatchObject({ reason: 'redirect', status: 308 })
  expect(other.asked).toEqual([])
})

test('the token stays where it was given for when the server names another address for its stream', async () => {
  const other = await webServer(status(200))
  const answer = {
    baton: 'x',
    base_url: other.url,
    results: [
      {
        type: 'ok',
        response: {
          type: 'execute',
          result: { cols: [], rows: [], affected_row_count: 0, last_insert_rowid: null },
        },
      },
    ],
  }
  const { url, asked } = await webServer(status(200, JSON.stringify(answer)))
  const { db } = openServer(url, { connectArgs: { authToken: 's3cret' }, poolSize: 1 })
  await run(db, WRITE)
  await run(db, WRITE)
  expect(asked.length).toBeGreaterThanOrEqual(2)
  expect(other.asked).toEqual([])
})

test('the headers of the config are in every request', async () => {
  const { url, asked } = await webServer(status(401))
  const { db } = openServer(url, { connectArgs: { headers: { 'X-Tenant': 'a' } } })
  await failureOf(run(db, 'select 1'))
  expect(asked[0]!.headers).toMatchObject({ 'x-tenant': 'a', 'content-type': 'application/json' })
})

test.each<[string, Answerer]>([
  ['is silent', () => {}],
  [
    'has answered by half',
    (_, response) => void response.writeHead(200, { 'content-length': 1000 }).write('{'),
  ],
])(
  'a query whose signal fires while the server %s ends at once, by nothing but the signal',
  async (_, answer) => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { url } = await webServer(answer)
    const { db, dialect } = openServer(url)
    const controller = new AbortController()
    const waiting = db
      .insertInto('t')
      .values({ a: 1 })
      .execute({ signal: controller.signal, inflightQueryAbortStrategy: 'cancel query' })
    setTimeout(() => controller.abort(new Error('enough')), 50)
    expect((await failureOf(waiting)).message).toBe('enough')
    await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
    expect(printed).not.toHaveBeenCalled()
  },
)

describe('an answer that is longer than a string of JavaScript can be', () => {
  test.each([
    ['read', 'select 1', false],
    ['write', WRITE, true],
  ])(
    'is an error that says so before a %s receives it, and is not asked for again',
    async (_, text, mayHaveHappened) => {
      const length = constants.MAX_STRING_LENGTH + 1
      const begin: Answerer = (_request, response) =>
        void response.writeHead(200, { 'content-length': length }).write('{"baton":null,')
      const replica = await webServer(begin)
      const { url, asked } = await webServer(begin)
      const { db } = openServer(url, { connectArgs: { replicas: [replica.url], requestTimeout: 10_000 } })
      const error = await failureOf(run(db, text))
      expect(error).toMatchObject({ code: 'POOLCLASS_SERVER', reason: 'size', mayHaveHappened })
      expect(error.message).toMatch(/more than 536\.9 MB.*Stream it/)
      expect([...asked, ...replica.asked]).toHaveLength(1)
    },
  )

  test('is not kept in memory beyond that, if nobody has said how long it is', async () => {
    const response = new IncomingMessage(new Socket())
    const part = Buffer.allocUnsafe(2 ** 28)
    for (const next of [part, part, part, null]) response.push(next)
    const exchange = new Exchange('server', 1000, {})
    expect(await failureOf(exchange.text(response))).toMatchObject({ reason: 'size' })
    expect(response.destroyed).toBe(true)
  })
})

test('a read that a server does not answer has changed nothing', async () => {
  const { url } = await webServer(() => {})
  const { db } = openServer(url, { connectArgs: { requestTimeout: 100 } })
  expect(await failureOf(run(db, 'select 1'))).toMatchObject({ reason: 'timeout', mayHaveHappened: false })
})

describe.runIf(hasServer)('a database whose server hangs', () => {
  test('is destroyed soon', { tags: 'slow' }, async () => {
    const server = await LibsqlServer.start()
    const { db } = openServer(server.url)
    await Promise.all([1, 2, 3].map(() => run(db, 'select 1')))
    await server.pause()
    const begin = performance.now()
    await db.destroy()
    expect(performance.now() - begin).toBeLessThan(20_000)
  })
})
