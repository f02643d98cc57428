// Fills a database until the disk takes no more, makes room, and goes on; prints what came of each.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const [config = '', fault] = process.argv.slice(2)
const dialect = new PooledSqliteDialect(JSON.parse(config))
const db = new Kysely<any>({ dialect })
const acknowledged: number[] = []

async function run(sql: string, ...parameters: unknown[]): Promise<any[]> {
  return (await db.executeQuery(CompiledQuery.raw(sql, parameters))).rows
}

async function insert(id: number, into: Pick<Kysely<any>, 'executeQuery'> = db): Promise<void> {
  await into.executeQuery(CompiledQuery.raw('insert into t values (?, randomblob(4000))', [id]))
}

async function failureOf(promise: Promise<unknown>): Promise<object> {
  try {
    await promise
    return { code: 'none' }
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string }
    return { name, code, message }
  }
}

function limitFileSize(soft: string): void {
  execFileSync('sh', ['-c', 'prlimit --pid "$0" --fsize="$1"', String(process.pid), `${soft}:`])
}

const ballast = join(dirname(String(dialect.location.kind === 'file' && dialect.location.path)), 'ballast')

async function fill(): Promise<void> {
  for (let id = 1; id <= 2000; id += 1) {
    await insert(id)
    acknowledged.push(id)
  }
}

await run('create table t (id integer primary key, x)')
if (fault === 'file size') limitFileSize('200000')
else writeFileSync(ballast, Buffer.alloc(500_000))

const whileAlone = await failureOf(fill())
const inTransaction = await failureOf(
  db.transaction().execute(async (trx) => {
    for (let id = 3000; id < 3500; id += 1) await insert(id, trx)
  }),
)
const swallowed = await failureOf(
  db.transaction().execute(async (trx) => {
    for (let id = 4000; id < 4500; id += 1) await insert(id, trx).catch(() => {})
  }),
)
const whileFull = await failureOf(run('select count(*) from t'))
const { checkedOut, waiting } = dialect.pool.status()

if (fault === 'file size') limitFileSize('unlimited')
else rmSync(ballast)

const afterwards = await failureOf(insert(9000))
acknowledged.push(9000)
const ids = (await run('select id from t where id < 3000 or id = 9000 order by id')).map(({ id }) => id)
const [{ n: partial }] = await run('select count(*) as n from t where id between 3000 and 8999')
const check = await run('pragma integrity_check')
await db.destroy()
process.stdout.write(
  JSON.stringify({
    whileAlone,
    inTransaction,
    swallowed,
    whileFull,
    checkedOut,
    waiting,
    afterwards,
    partial,
    check,
    written: acknowledged.length,
    isComplete: JSON.stringify(ids) === JSON.stringify(acknowledged),
  }),
)
