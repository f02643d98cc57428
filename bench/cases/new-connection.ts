import BetterSqlite3 from 'better-sqlite3'
import { open, OPENING } from '../contestants/index.ts'
import { idAt, PERSON } from '../data.ts'
import type { Case, Seat, Work } from '../harness/case.ts'
import { repeated, SELECT } from '../query.ts'

const BY_HAND = 'open, run, close'
const SQL = 'select * from person where id = ?'

const byHand = {
  run(n: number): { id: number }[] {
    const database = new BetterSqlite3('bench.db')
    const row = database.prepare<[number], { id: number }>(SQL).get(idAt(n))
    database.close()
    return [row!]
  },
  check: SELECT.check,
}

/** Milliseconds. A slow machine opens some 15,000 connections meanwhile. */
const WARM_UP = 5000

/** The file has its journal mode already, and nobody sets a pragma again. */
async function selects(seat: Seat, data: readonly string[]): Promise<Work> {
  new BetterSqlite3('bench.db').exec([...PERSON, ...data].join(';')).close()
  if (seat.contestant === BY_HAND) return byHand as Work
  return await repeated(await open(seat, [], { pragmas: {} }), SELECT)
}

/** Of eight columns and one index each. */
function otherTables(count: number): string {
  const columns = Array.from({ length: 7 }, (_, index) => `column_${index} text`).join(', ')
  const table = (n: number): string => `create table other_${n} (id integer primary key, ${columns});
    create index other_${n}_by_column on other_${n} (column_0);`
  return `begin; ${Array.from({ length: count }, (_, n) => table(n)).join('')} commit`
}

export const cases: Case[] = [
  {
    name: 'query on a new connection',
    contestants: [BY_HAND, OPENING, 'NullPool'],
    columns: ['WAL file', 'file'],
    warmUp: WARM_UP,
    goals: [{ at: ['WAL file', 'file'], contestant: 'NullPool', rival: BY_HAND, atMost: 1.25 }],
    start: (seat) => selects(seat, seat.column === 'file' ? [] : ['pragma journal_mode = wal']),
  },
  {
    name: 'tables in the schema',
    warmUp: WARM_UP,
    contestants: ['NullPool', BY_HAND, 'StaticPool'],
    columns: [1, 10, 100, 1000, 5000],
    varied: { title: 'tables', scale: 'log' },
    start: (seat) => selects({ ...seat, column: 'file' }, [otherTables(Number(seat.column))]),
  },
]
