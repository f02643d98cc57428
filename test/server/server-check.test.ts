import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { openServer } from '../support/open-server.ts'
import { run } from '../support/statements.ts'

const packageFile = new URL('../../packages/dialect/package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }

describe.runIf(hasServer)('a check of a libSQL server', () => {
  test('tells the versions, the tables and the latency, and nothing of its file, its WAL and its locks', async () => {
    const { url } = await LibsqlServer.start()
    const { db, dialect } = openServer(url)
    await run(db, 'create table t (a)')
    await run(db, 'create table u (id integer primary key autoincrement)')
    const found = await dialect.check()
    expect(found).toEqual({
      database: new URL(url).host,
      versions: { sqlite: expect.stringMatching(/^3\.\d+\.\d+$/), driver: 'libsql-server', dialect: version },
      tables: 2,
      latency: { connection: expect.any(Number), query: expect.any(Number) },
      pool: expect.objectContaining({ checkedOut: 1 }),
    })
    expect(found.latency.query).toBeGreaterThan(0)
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
    expect(dialect.pool.status().checkedOut).toBe(0)
    await run(db, 'insert into t values (1)')
  })

  test('that is down fails with the error of its queries, and works once it is back', async () => {
    const server = await LibsqlServer.start()
    const { dialect } = openServer(server.url)
    await dialect.check()
    await server.kill()
    for (let i = 0; i < 3; i += 1)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await failureOf(dialect.check())).toMatchObject({
        code: 'POOLCLASS_SERVER',
        reason: 'unreachable',
      })
    expect(dialect.pool.status().checkedOut).toBe(0)
    await server.start()
    expect((await dialect.check()).tables).toBe(0)
  })

  test('that does not answer ends with its signal', async () => {
    const server = await LibsqlServer.start()
    const { dialect } = openServer(server.url)
    await dialect.check()
    await server.pause()
    const enough = new Error('enough')
    const controller = new AbortController()
    const checking = failureOf(dialect.check({ signal: controller.signal }))
    setTimeout(() => controller.abort(enough), 100)
    expect(await checking).toBe(enough)
    server.resume()
    await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
  })
})
