import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const migrating = (...args: string[]): ScriptProcess =>
  new ScriptProcess('migrations/scripts/migrate.ts', args)

test('four processes that migrate at once run each migration exactly once', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const classes = ['NullPool', 'QueuePool', 'StaticPool', 'SingletonThreadPool']
  const ran: string[][] = await Promise.all(classes.map((poolclass) => migrating(url, poolclass).result()))
  expect(ran.flat().toSorted()).toEqual(['1 create', '2 insert', '3 transaction'])
  const { db } = open(url)
  expect((await sql`select name from ran`.execute(db)).rows).toEqual([{ name: 'two' }, { name: 'three' }])
})

test('migrators that wait for one that is killed in the middle of a migration go on without it, one after the other', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const killed = migrating(url, 'NullPool', 'hang')
  await killed.hasPrinted(1)
  const next = [migrating(url, 'QueuePool'), migrating(url, 'StaticPool')]
  await killed.kill()
  const ran: string[][] = await Promise.all(next.map((each) => each.result()))
  expect(ran.toSorted()).toEqual([[], ['2 insert', '3 transaction']])
  expect(await halves(url)).toEqual([])
})

test('a migrator whose migration throws in an open transaction leaves it to the next one, while it lives on', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const failing = migrating(url, 'QueuePool', 'throw')
  await failing.hasPrinted(1)
  const next = migrating(url, 'QueuePool')
  failing.tell('throw')
  expect(await next.result()).toEqual(['2 insert', '3 transaction'])
  await failing.hasPrinted(2)
  expect(failing.lines.at(-1)).toBe('Error: half-way')
  expect(await halves(url)).toEqual([])
})

/** What a migration has left behind that did not end. */
async function halves(url: string): Promise<unknown[]> {
  const { db } = open(url)
  return (await sql`select name from ran where name = 'half'`.execute(db)).rows
}
