import { PooledSqliteDialect } from '@poolclass/dialect'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { failureOf } from '../support/failure.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { onEachOf, run, thrownBy } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const url = 'libsql://user:s3cret@host/db?auth_token=s3cret'

/** Everything of an error that somebody could log. */
function shown(error: Error): string {
  return JSON.stringify({ ...error, message: error.message, stack: error.stack })
}

test.each<[string, unknown]>([
  ['the url', url],
  ['the url of a config', { url }],
  ['the fields of a config object', { url: { host: 'host', password: 's3cret' } }],
  ['a list', { url: [url] }],
  ['the pool class', { url: 'app.db', poolclass: url }],
  ['the transaction mode', { url: 'app.db', transactionMode: url }],
  ['a pragma', { url: 'app.db', pragmas: url }],
  ['connectArgs', { url: 'app.db', connectArgs: url }],
  ['a switch in connectArgs', { url: 'app.db', connectArgs: { readonly: url } }],
  ['the creator', { url: 'app.db', creator: url }],
])('a secret in %s does not get into the error', (_, config) => {
  expect(shown(thrownBy(() => new PooledSqliteDialect(config as string)))).not.toContain('s3cret')
})

test('a creator module that exports no function is named without the secrets of its URL', async () => {
  const creator = new URL('data:text/javascript,export default 1 //?access_token=s3cret')
  const { db } = open({ url: ':memory:', creator })
  const error = await failureOf(run(db, 'select 1'))
  expect(error.message).toMatch(/must be a function/)
  expect(shown(error)).not.toContain('s3cret')
})

test('a setting that another connection refuses is shown without the secrets in it', async () => {
  const directory = temporaryDirectory()
  const { db } = open({ url: join(directory, 'app.db'), poolclass: 'QueuePool' })
  const other = join(directory, 'other.db')
  new PlainDatabase(other).exec('create table t (a)').close()
  await run(db, `attach 'file:${other}?mode=rw&api_key=s3cret' as other`)
  rmSync(other)
  const error = await failureOf(onEachOf(db, 2, 'select 1'))
  expect(error.code).toBe('POOLCLASS_SETTING_REPLAY')
  expect(shown(error)).not.toContain('s3cret')
})
