import BetterSqlite3 from 'better-sqlite3'
import { ours } from '../dialects.ts'
import { openDatabase } from '../open-database.ts'
import { createPeopleIn, findPeople, idAfter } from '../people.ts'
import { fileIn } from '../place.ts'
import type { EnterSeries, Plot } from './plot.ts'

/** SQLite reads the whole schema for the first statement of each connection. */
export const tablesInSchema: Plot = {
  name: 'tables in the schema',
  about: 'Point selects of a file that has so many other tables, of eight columns and one index each.',
  xTitle: 'tables',
  xs: [1, 10, 100, 1000, 5000],
  xScale: 'log',
  series: {
    NullPool: through('NullPool'),
    'open, run, close by hand': byHand,
    StaticPool: through('StaticPool'),
  },
  knee: `SQLite reads the whole schema for the first statement of a connection. Below some 20 tables opening the file costs more;
above, a query of a NullPool costs what the schema costs, about 4 µs for each table with its index, and by hand
it costs the same. A connection that is kept has read it once.`,
}

function through(poolclass: 'NullPool' | 'StaticPool'): EnterSeries {
  return async (tables, folder) => {
    createTables(tables, folder)
    const db = ours('file', folder, poolclass, { pragmas: {} })
    return { run: (times) => findPeople(db, times), close: () => db.destroy() }
  }
}

async function byHand(tables: number, folder: string): ReturnType<EnterSeries> {
  createTables(tables, folder)
  return {
    run(times) {
      for (let n = 0, id = 1; n < times; n += 1, id = idAfter(id)) {
        const database = new BetterSqlite3(fileIn(folder))
        const row = database.prepare<[number], { id: number }>('select * from person where id = ?').get(id)
        database.close()
        if (row?.id !== id) throw new Error(`person ${id} was not found`)
      }
    },
    close: async () => {},
  }
}

function createTables(count: number, folder: string): void {
  const database = openDatabase('file', folder)
  createPeopleIn(database)
  const columns = Array.from({ length: 7 }, (_, index) => `column_${index} text`).join(', ')
  database.transaction(() => {
    for (let n = 0; n < count; n += 1) {
      database.exec(`create table other_${n} (id integer primary key, ${columns});
        create index other_${n}_by_column on other_${n} (column_0)`)
    }
  })()
  database.close()
}
