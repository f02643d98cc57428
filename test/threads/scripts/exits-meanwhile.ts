/** Exits with the code 3 while a thread loads a creator. Arguments: its module; the file that says when. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { existsSync } from 'node:fs'
import { run } from '../../support/statements.ts'
import { testedDriver } from '../../support/driver.ts'

const [module = '', file = ''] = process.argv.slice(2)
const creator = new URL(module, import.meta.url)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: testedDriver, threads: 1, creator }),
})
run(db, 'select 1').catch(() => {})
const until = file === '' ? performance.now() + 300 : Infinity
setInterval(() => {
  if (existsSync(file) || performance.now() > until) process.exit(3)
}, 1)
