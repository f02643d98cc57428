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

test('a migrator that is killed in the middle of a migration holds up nobody after it', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const killed = migrating(url, 'NullPool', 'hang')
  await killed.hasPrinted(1)
  const next = migrating(url, 'QueuePool')
  await killed.kill()
  expect(await next.result()).toEqual(['2 insert', '3 transaction'])
  const { db } = open(url)
  const { rows } = await sql`select name from ran where name = 'half'`.execute(db)
  expect(rows).toEqual([])
})
