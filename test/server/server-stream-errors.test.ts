import { CompiledQuery, type Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { openServer } from '../support/open-server.ts'
import { run } from '../support/statements.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { type Answerer, status, webServer } from '../support/web-server.ts'

/** How many rows a stream has. */
async function count(db: Kysely<any>, signal?: AbortSignal): Promise<number> {
  let rows = 0
  const query = CompiledQuery.raw('select id from item')
  for await (const chunk of db.getExecutor().stream(query, 10, { signal })) rows += chunk.rows.length
  return rows
}

const BATON = '{"baton":"x","base_url":null}\n'
const BEGIN = '{"type":"step_begin","step":0,"cols":[{"name":"id"}]}\n'
const ROW = '{"type":"row","row":[{"type":"integer","value":"1"}]}\n'

test.each([
  ['a page', '<html>\n', 'answer'],
  ['a line that is none of the protocol', `${BATON}${BEGIN}${ROW}<html>\n`, 'answer'],
  ['a row of nothing', `${BATON}${ROW}`, 'answer'],
  ['nothing', '', 'cut'],
  ['a baton alone', BATON, 'cut'],
  ['rows without an end', `${BATON}${BEGIN}${ROW}${ROW}`, 'cut'],
  ['half of a row', `${BATON}${BEGIN}${ROW}{"type":"row","row":[{"type":"in`, 'cut'],
])('a stream that is answered with %s fails, not as if all rows were read', async (_, body, reason) => {
  const { url } = await webServer(status(200, body))
  const { db, dialect } = openServer(url)
  expect(await failureOf(count(db))).toMatchObject({
    code: 'POOLCLASS_SERVER',
    reason,
    mayHaveHappened: false,
  })
  await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
})

const SILENT: readonly [string, Answerer][] = [
  ['nothing', () => {}],
  ['a status alone', (_, response) => void response.writeHead(200).flushHeaders()],
  ['half of an error', (_, response) => void response.writeHead(500, { 'content-length': 1000 }).write('x')],
  ['its first line', (_, response) => void response.writeHead(200).write(BATON)],
]

test.each(SILENT)('a stream that is answered with %s ends when it takes too long', async (_, answer) => {
  const { url } = await webServer(answer)
  const { db, dialect } = openServer(url, { connectArgs: { requestTimeout: 200 } })
  expect(await failureOf(count(db))).toMatchObject({ code: 'POOLCLASS_SERVER', reason: 'timeout' })
  await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
})

test.each(SILENT)(
  'a stream that is answered with %s ends with its signal, and gives its connection back',
  async (_, answer) => {
    const { url } = await webServer(answer)
    const { db, dialect } = openServer(url, { connectArgs: { requestTimeout: 170_000 } })
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('enough')), 50)
    expect((await failureOf(count(db, controller.signal))).message).toBe('enough')
    await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
  },
)

describe.runIf(hasServer)('a network that cuts connections while nobody asks', () => {
  test.each(['QueuePool', 'NullPool'] as const)(
    'is not noticed by a read or a stream, with %s',
    { tags: 'slow' },
    async (poolclass) => {
      const proxy = await TcpProxy.before((await LibsqlServer.start()).url)
      const { db } = openServer(proxy.url, { poolclass })
      await run(db, 'create table item (id integer primary key)')
      await run(db, 'insert into item values (1), (2)')
      for (let i = 0; i < 10; i += 1) {
        // oxlint-disable no-await-in-loop -- one after the other
        expect(await count(db)).toBe(2)
        proxy.cut()
        expect(await count(db)).toBe(2)
        proxy.cut()
        expect(await run(db, 'select count(*) as n from item')).toEqual([{ n: 2 }])
        // oxlint-enable no-await-in-loop
      }
    },
  )
})
