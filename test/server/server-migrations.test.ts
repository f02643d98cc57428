import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { openServer } from '../support/open-server.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { run } from '../support/statements.ts'

const migrating = (...args: string[]): ScriptProcess =>
  new ScriptProcess('migrations/scripts/migrate.ts', args)

describe.runIf(hasServer)('a libSQL server', () => {
  test('that four processes migrate at once runs each migration exactly once', { tags: 'slow' }, async () => {
    const { url } = await LibsqlServer.start()
    const classes = ['QueuePool', 'QueuePool', 'NullPool', 'StaticPool']
    const ran: string[][] = await Promise.all(classes.map((poolclass) => migrating(url, poolclass).result()))
    expect(ran.flat().toSorted()).toEqual(['1 create', '2 insert', '3 transaction'])
    const { db } = openServer(url)
    expect(await run(db, 'select name from ran')).toEqual([{ name: 'two' }, { name: 'three' }])
  })

  test(
    'is migrated by the next process once the lock of one that was killed has run out',
    { tags: 'slow' },
    async () => {
      const { url } = await LibsqlServer.start()
      const killed = migrating(url, 'QueuePool', 'hang')
      await killed.hasPrinted(1)
      await killed.kill()
      const next = migrating(url, 'QueuePool')
      const early = await Promise.race([next.result(), delay(3000, 'waits')])
      expect(early).toBe('waits')
      expect(await next.result()).toEqual(['2 insert', '3 transaction'])
      const { db } = openServer(url)
      expect(await run(db, "select name from ran where name = 'half'")).toEqual([])
      expect(await run(db, 'select is_locked from kysely_migration_lock')).toEqual([{ is_locked: 0 }])
    },
  )

  test('is introspected as a file is', async () => {
    const { url } = await LibsqlServer.start()
    const { db } = openServer(url)
    await run(
      db,
      'create table person (id integer primary key autoincrement, name text not null, age real default 1)',
    )
    await run(db, 'create view adult as select name from person where age > 17')
    const tables = await db.introspection.getTables()
    expect(tables).toMatchObject([
      { name: 'adult', isView: true, columns: [{ name: 'name' }] },
      {
        name: 'person',
        isView: false,
        columns: [
          { name: 'id', isAutoIncrementing: true },
          { name: 'name', isNullable: false, dataType: 'TEXT' },
          { name: 'age', hasDefaultValue: true },
        ],
      },
    ])
  })
})
