/**
 * Replaces all clocks and uses the package. Arguments: `before` the package is loaded, in a `process` of its own, as Jest
 * does with `enableGlobally`, or `after` that; threads.
 */
const [when, threads] = process.argv.slice(2)
const never = (): void => {}

function replaceClock(): void {
  Object.assign(globalThis, {
    queueMicrotask: never,
    setImmediate: never,
    setTimeout: never,
    setInterval: never,
  })
  Object.defineProperty(globalThis, 'performance', { value: { now: () => 0 } })
}

/** As fake timers do, in what `require('node:timers')` gives. */
function replaceModules(): void {
  const names = ['setImmediate', 'setTimeout', 'setInterval']
  const replaced = Object.fromEntries(names.map((name) => [name, never]))
  Object.assign(process.getBuiltinModule('node:timers'), replaced)
  Object.assign(process.getBuiltinModule('node:timers/promises'), replaced)
}

if (when === 'before') {
  replaceClock()
  globalThis.process = Object.create(process, { nextTick: { value: never } })
}
const { PooledSqliteDialect } = await import('@poolclass/dialect')
const { Kysely } = await import('kysely')
const { run } = await import('../../support/statements.ts')
if (when === 'after') {
  replaceClock()
  replaceModules()
  process.nextTick = never
}

const config = { url: 'app.db', poolclass: 'QueuePool', threads: Number(threads) } as const
const db = new Kysely<any>({ dialect: new PooledSqliteDialect(config) })
await run(db, 'create table t (a)')
await Promise.all(Array.from({ length: 30 }, (_, n) => run(db, 'insert into t values (?)', n)))
const rows = await run(db, 'select count(*) as count from t')
await db.destroy()
process.stdout.write(JSON.stringify(rows))
