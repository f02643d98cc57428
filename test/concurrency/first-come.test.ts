import { describe, expect, test } from 'vitest'
import { createCounters, ids, insert, type CounterDatabase, untilAllReturned } from '../support/counters.ts'
import { open } from '../support/open.ts'
import { PLACES_FOR_MANY } from '../support/places.ts'
import { run } from '../support/statements.ts'

const COUNT = 10
const ALL = Array.from({ length: COUNT }, (_, index) => 2 + index)

const NEW_TEXTS: Record<string, (id: number) => [sql: string, ...parameters: unknown[]]> = {
  equal: (id) => ['insert into written values (?)', id],
  different: (id) => [`insert into written values (${id})`],
}

/* The kind of a new text is not known before SQLite is asked, for which it takes a connection. Each pool has so many. */

describe.each(PLACES_FOR_MANY)('%s', (place) => {
  test.each(Object.entries(NEW_TEXTS))(
    'a dialect carries out %s inserts whose texts are new in the order in which they came',
    async (_, textOf) => {
      const { db, dialect } = open<CounterDatabase>(place.config())
      await run(db, 'create table written (id)')
      await Promise.all(ALL.map((id) => run(db, ...textOf(id))))
      expect((await run(db, 'select id from written order by rowid')).map(({ id }) => id)).toEqual(ALL)
      await untilAllReturned(dialect)
    },
  )

  test('a read whose text is new keeps no writer back for good', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await createCounters(db)
    const reads = ALL.map((id) => run(db, `select ${id} as id`))
    await Promise.all(ALL.map((id) => insert(db, id)))
    expect((await Promise.all(reads)).map(([row]) => row.id)).toEqual(ALL)
    expect(await ids(db)).toEqual([1, ...ALL])
    await untilAllReturned(dialect)
  })

  test('a text that cannot be prepared, or is aborted before its kind is known, keeps no writer back', async () => {
    const { db, dialect } = open<CounterDatabase>(place.config())
    await createCounters(db)
    const aborting = new AbortController()
    const left = ALL.map((id) =>
      id % 2 === 0
        ? run(db, `insert into missing values (${id})`)
        : db
            .insertInto('counter')
            .values([{ id: -id, value: 0 }])
            .returning(['id', (eb) => eb.val(id).as(`aborted ${id}`)])
            .execute({ signal: aborting.signal }),
    )
    const inserted = ALL.map((id) => insert(db, id))
    aborting.abort(new Error('changed my mind'))
    await Promise.allSettled(left)
    await Promise.all(inserted)
    expect((await ids(db)).filter((id) => id > 0)).toEqual([1, ...ALL])
    await untilAllReturned(dialect)
  })
})
