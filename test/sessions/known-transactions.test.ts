import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { PlainDatabase } from '../support/plain-database.ts'

/* A connection asks SQLite whether a transaction is open only where it does not know. */

const TABLE = 'create table counter (id integer primary key)'
const FIRST = 'insert into counter values (1)'

/** What begins, ends, fails in and leaves alone a transaction. */
const STATEMENTS = [
  'begin',
  'savepoint a',
  'release a',
  'rollback to a',
  'commit',
  '/* all */ end',
  'rollback',
  'select * from counter',
  'with n as (select 2) select * from n',
  'insert into counter select max(id) + 1 from counter',
  FIRST,
  'insert or rollback into counter values (1)',
  'explain commit',
  'no statement',
]

test.each(PLACES.filter(({ single }) => single))(
  'a connection knows whether a transaction is open, whatever began or ended it: %s',
  async (place) => {
    const { db, dialect } = open(place.config())
    await sql.raw(TABLE).execute(db)
    await sql.raw(FIRST).execute(db)
    const twin = new PlainDatabase(':memory:').exec(`${TABLE};${FIRST}`)
    await using pooled = await dialect.pool.connect()
    const { connection } = pooled
    const runBoth = async (statement: string): Promise<void> => {
      try {
        await connection.execute(statement, [])
      } catch {
        // It fails in the twin as well.
      }
      try {
        twin.exec(statement)
      } catch {
        // Whether it succeeds is not the question.
      }
      expect([statement, connection.inTransaction]).toEqual([statement, twin.inTransaction])
    }
    for (const one of STATEMENTS) {
      for (const two of STATEMENTS) {
        for (const statement of ['begin', one, two]) await runBoth(statement)
        if (twin.inTransaction) await runBoth('rollback')
      }
    }
  },
)
