import { join } from 'node:path'
import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'

/** More than are opened within a second before there is a warning, three times. */
const MANY = 1000

async function queryManyTimes(config: object): Promise<Error[]> {
  const warnings = collectWarnings('POOLCLASS_MANY_OPENINGS')
  const { db } = open({ url: join(temporaryDirectory(), 'app.db'), ...config })
  for (let n = 0; n < MANY; n += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await run(db, 'select 1')
  }
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  return warnings
}

test('where the URL chose NullPool and it opens very many connections, one warning says what to write', async () => {
  const warnings = await queryManyTimes({})
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatchObject({
    name: 'PoolclassWarning',
    message: expect.stringMatching(
      /^NullPool, which the URL chose, opened 300 connections to app\.db within \d+ ms, and each opening took \d+\.\d\d ms\./,
    ),
  })
  const lines = warnings[0]!.message.split('\n').slice(1)
  expect(lines).toEqual(["  poolclass: 'QueuePool',", "  pragmas: { journal_mode: 'wal' },"])
})

test.each([{ poolclass: 'NullPool' }, { poolclass: 'QueuePool' }])(
  'with %o there is no warning',
  async (config) => {
    expect(await queryManyTimes(config)).toHaveLength(0)
  },
)
