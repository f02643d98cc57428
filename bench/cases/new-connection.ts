import { open } from '../contestants/index.ts'
import { execute, PERSON } from '../data.ts'
import type { Case, Seat, Work } from '../harness/case.ts'
import { repeated, SELECT } from '../query.ts'

const BY_HAND = 'open, run, close'

/** The file has its journal mode already, and nobody sets a pragma again. */
async function selects(seat: Seat, moreData: readonly string[]): Promise<Work> {
  await execute(await open({ ...seat, contestant: BY_HAND }), [...PERSON, ...moreData])
  return await repeated(await open(seat, { pragmas: {} }), SELECT)
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
    contestants: [BY_HAND, 'bare, no pool', 'NullPool'],
    columns: ['WAL file', 'file'],
    goals: [{ at: ['WAL file', 'file'], contestant: 'NullPool', rival: BY_HAND, atMost: 1.25 }],
    start: (seat) => selects(seat, []),
  },
  {
    name: 'tables in the schema',
    contestants: ['NullPool', BY_HAND, 'StaticPool'],
    columns: [1, 10, 100, 1000, 5000],
    varied: { title: 'tables', scale: 'log' },
    warmUp: 1500,
    start: (seat) => selects({ ...seat, column: 'file' }, [otherTables(Number(seat.column))]),
  },
]
