import { bare, ours } from '../dialects.ts'
import { createPeople, createPeopleIn, idAfter } from '../people.ts'
import { openDatabase } from '../open-database.ts'
import type { Contestant, Trial } from '../trial.ts'
import { pointSelector } from './point-select.ts'

const raw: Contestant = async (folder) => {
  const database = openDatabase('WAL file', folder)
  createPeopleIn(database)
  const select = database.prepare<[number], { id: number }>('select * from "person" where "id" = ?')
  return {
    async run(times) {
      for (let n = 0, id = 1; n < times; n += 1, id = idAfter(id)) {
        if (select.get(id)?.id !== id) throw new Error(`person ${id} was not found`)
      }
    },
    close: async () => void database.close(),
  }
}

/** The query is compiled once, so that Kysely's query builder does not count. */
const compiled: Contestant = async (folder) => {
  const db = ours('WAL file', folder, 'StaticPool')
  await createPeople(db)
  const query = db.selectFrom('person').selectAll().where('id', '=', 0).compile()
  return {
    async run(times) {
      for (let n = 0, id = 1; n < times; n += 1, id = idAfter(id)) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const { rows } = await db.executeQuery<{ id: number }>({ ...query, parameters: [id] })
        if (rows[0]?.id !== id) throw new Error(`person ${id} was not found`)
      }
    },
    close: () => db.destroy(),
  }
}

/** What the whole stack costs over SQLite itself. */
export const rawSelect: Trial = {
  name: 'point select against raw better-sqlite3, WAL file',
  batch: 500,
  contestants: {
    raw,
    bare: pointSelector((folder) => bare('WAL file', folder)),
    StaticPool: pointSelector((folder) => ours('WAL file', folder, 'StaticPool')),
    'StaticPool, compiled query': compiled,
  },
  bounds: [
    { subject: 'StaticPool', rival: 'raw', wanted: { speed: 0.45 } },
    { subject: 'StaticPool, compiled query', rival: 'raw', wanted: 'nothing' },
    { subject: 'bare', rival: 'raw', wanted: 'nothing' },
  ],
}
