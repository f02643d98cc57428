import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { newDialect } from '../support/open.ts'
import { run } from '../support/statements.ts'

/** What a program gives over a connection of the calling thread, and over one in a worker thread. */
export interface InBothHomes<T> {
  readonly local: T
  readonly hosted: T
}

type Config = Omit<PooledSqliteDialectConfig, 'url' | 'threads'>

const databases = new Map<string, Kysely<any>>()

/** For `afterAll` in the file that uses them. */
export async function closeBothHomes(): Promise<void> {
  await Promise.all(Array.from(databases.values(), (db) => db.destroy()))
  databases.clear()
}

/** Runs a program over both, on a database in memory that has no table `t`. */
export async function inBothHomes<T>(
  program: (db: Kysely<any>) => Promise<T>,
  config: Config = {},
): Promise<InBothHomes<T>> {
  const [local, hosted] = [databaseIn(0, config), databaseIn(1, config)]
  await Promise.all([local, hosted].map((db) => run(db, 'drop table if exists t')))
  return { local: await program(local), hosted: await program(hosted) }
}

/** One for all that ask for the same: a thread takes longer to start than most of these programs. */
function databaseIn(threads: number, config: Config): Kysely<any> {
  const key = `${threads} ${String(config.creator)} ${JSON.stringify(config)}`
  const known = databases.get(key)
  if (known !== undefined) return known
  const db = new Kysely<any>({ dialect: newDialect({ url: ':memory:', ...config, threads }) })
  databases.set(key, db)
  return db
}
