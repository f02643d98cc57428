/** Lets a worker thread use all of its memory, and prints what comes of it. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { failureOf } from '../../support/failure.ts'
import { run } from '../../support/statements.ts'
import { testedDriver } from '../../support/driver.ts'

const creator = new URL('creator.ts', import.meta.url)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: testedDriver, threads: 1, creator }),
})

const { code } = await failureOf(run(db, 'select use_all_memory()'))
const after = await run(db, 'select 1 as x')
process.stdout.write(JSON.stringify({ code, after }))
