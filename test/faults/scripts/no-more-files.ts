// Asks while the process has as many files open as it may have, and again when it has closed them; prints the outcomes.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { closeSync, openSync } from 'node:fs'

const [config = '', beforehand = ''] = process.argv.slice(2)
const dialect = new PooledSqliteDialect(JSON.parse(config))
const db = new Kysely<any>({ dialect })

async function run(sql: string): Promise<unknown> {
  try {
    return (await db.executeQuery(CompiledQuery.raw(sql))).rows
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string }
    return { name, code, message }
  }
}

/** Keeps all that the process may have, and returns how to close them. */
function takeAll(): () => void {
  const taken: number[] = []
  for (;;) {
    try {
      taken.push(openSync('/dev/null', 'r'))
    } catch {
      return () => taken.forEach((file) => closeSync(file))
    }
  }
}

if (beforehand === 'used') {
  await run('create table t (x)')
  await dialect.pool.dispose()
}

const giveBack = takeAll()
const meanwhile = [await run('select 1'), await run('create table u (x)')]
const { checkedOut, waiting } = dialect.pool.status()
giveBack()

const afterwards = [
  await run('create table v (x)'),
  await run('select name from sqlite_schema order by name'),
]
await db.destroy()
process.stdout.write(JSON.stringify({ meanwhile, checkedOut, waiting, afterwards }))
