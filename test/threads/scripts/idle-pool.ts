/** Runs a query and has nothing left to do. Argument: the pool class. */
import { type PoolClassName, PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { run } from '../../support/statements.ts'
import { testedDriver } from '../../support/driver.ts'

const [poolclass] = process.argv.slice(2) as [PoolClassName]
const dialect = new PooledSqliteDialect({ url: 'app.db', driver: testedDriver, poolclass, threads: 2 })
const db = new Kysely<any>({ dialect })
const [rows] = await Promise.all([run(db, 'select 1 as x'), run(db, 'select 2 as x')])
process.stdout.write(JSON.stringify(rows))
