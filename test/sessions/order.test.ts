import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { run } from '../support/statements.ts'

/** More than the texts after which the event loop is let turn. */
const PAIRS = 600

test.each(
  PLACES.filter(({ poolclass }) => poolclass === 'StaticPool' || poolclass === 'SingletonThreadPool'),
)(
  'of two inserts that are asked for in one tick on a %s, the first is done first, however many texts came before',
  async ({ config }) => {
    const { db } = open(config())
    await run(db, 'create table log (id integer primary key, value integer)')
    for (let n = 0; n < PAIRS; n += 1) {
      // oxlint-disable-next-line no-await-in-loop -- pair by pair
      await Promise.all([
        run(db, `insert into log (value) values (${2 * n})`),
        run(db, `insert into log (value) values (${2 * n + 1})`),
      ])
    }
    const rows = await run(db, 'select value from log order by id')
    expect(rows.map(({ value }) => value)).toEqual(Array.from({ length: 2 * PAIRS }, (_, n) => n))
  },
)
