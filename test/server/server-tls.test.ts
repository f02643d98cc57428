import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { openServer } from '../support/open-server.ts'
import { resultOf } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const path = (name: string): string =>
  fileURLToPath(new URL(`../support/certificate/${name}`, import.meta.url))

/** Signed by itself, for this machine, until 2126. Its key is for tests, and protects nothing. */
const CERTIFICATE = path('certificate.pem')
const TLS = { cert: readFileSync(CERTIFICATE), key: readFileSync(path('key.pem')) }

describe.runIf(hasServer)('a libSQL server over TLS', () => {
  test.each(['https:', 'libsql:'])('serves all that a plain one does, by a URL of %s', async (protocol) => {
    const { url } = await LibsqlServer.start()
    const proxy = await TcpProxy.before(url, TLS)
    const seen: string[] = []
    proxy.onRequest = (text) => {
      seen.push(text)
      return 'pass'
    }
    const args = [proxy.url.replace('https:', protocol), 's3cret']
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE }
    expect(await resultOf('server/scripts/over-tls.ts', args, { env })).toEqual([1, 2])
    expect(seen.find((text) => text.startsWith('POST'))).toContain('authorization: Bearer s3cret')
    expect(proxy.requests).toBeGreaterThan(60)
    // Requests share connections. The pool lends 15 at a time.
    expect(proxy.connections).toBeLessThan(30)
  })

  test.each(['127.0.0.1', 'localhost'])(
    'whose certificate nobody vouches for is told nothing, not even the token, at %s',
    async (host) => {
      const { url } = await LibsqlServer.start()
      const proxy = await TcpProxy.before(url, TLS)
      const { db, dialect } = openServer(proxy.url.replace('127.0.0.1', host), {
        connectArgs: { authToken: 's3cret' },
      })
      for (const text of ['select 1', 'create table t (a)']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const error = await failureOf(run(db, text))
        expect(error).toMatchObject({
          code: 'POOLCLASS_SERVER',
          reason: 'unreachable',
          mayHaveHappened: false,
          message: expect.stringMatching(/self-signed certificate.*NODE_EXTRA_CA_CERTS/),
        })
      }
      expect(proxy.requests).toBe(0)
      await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
    },
  )

  test('is no server without TLS: the error of either says which URL to take', async () => {
    const { url } = await LibsqlServer.start()
    const plain = openServer(url.replace('http:', 'libsql:'))
    expect(await failureOf(run(plain.db, 'select 1'))).toMatchObject({
      reason: 'unreachable',
      mayHaveHappened: false,
      message: expect.stringMatching(/has no TLS.*tls=0/),
    })
    const { db } = openServer(url.replace('http:', 'libsql:') + '?tls=0')
    expect(await run(db, 'select 1 as n')).toEqual([{ n: 1 }])
  })

  test('is not reached by a plain URL, and nothing happens twice', async () => {
    const { url } = await LibsqlServer.start()
    const proxy = await TcpProxy.before(url, TLS)
    const { db } = openServer(proxy.url.replace('https:', 'http:'))
    expect(await failureOf(run(db, 'create table t (a)'))).toMatchObject({ code: 'POOLCLASS_SERVER' })
    expect(proxy.requests).toBe(0)
  })
})
