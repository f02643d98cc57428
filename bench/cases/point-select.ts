import { BASELINE, COMPARED, GENERIC_WORKER, open } from '../contestants/index.ts'
import { execute, expect, idAt, PERSON } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { findPerson, onClient, repeated, repeating, SELECT, whileLent } from '../query.ts'

const IDLE = 4

export const cases: Case[] = [
  {
    name: 'point select',
    contestants: [...COMPARED, 'bare, new handles'],
    goals: [
      { at: ['memory', 'WAL file'], contestant: 'StaticPool', rival: 'bare', atLeast: 1.1 },
      { at: ['memory', 'WAL file'], contestant: 'SingletonThreadPool', rival: 'bare', atLeast: 1.1 },
      { at: ['WAL file'], contestant: 'QueuePool', rival: 'bare', atLeast: 1.1 },
      { at: ['memory', 'WAL file'], contestant: 'StaticPool', rival: BASELINE, atLeast: 4.8 },
      { at: ['WAL file'], contestant: 'QueuePool, threads: 1', rival: GENERIC_WORKER, atLeast: 2 },
    ],
    start: repeating(PERSON, SELECT),
  },
  {
    name: 'point select, compiled once',
    contestants: ['StaticPool', BASELINE, 'bare', 'better-sqlite3'],
    columns: ['memory', 'WAL file'],
    goals: [{ at: ['WAL file'], contestant: 'StaticPool', rival: 'better-sqlite3', atLeast: 0.5 }],
    start: onClient(PERSON, async (client) => {
      if ('db' in client) {
        const query = SELECT.build(client.db, 0).compile()
        const run = (n: number): Promise<unknown> =>
          client.db.executeQuery({ ...query, parameters: [idAt(n)] })
        return { run, check: (found, n) => SELECT.check((found as { rows: { id: number }[] }).rows, n) }
      }
      const statement = await client.prepare('select * from person where id = ?')
      const run = (n: number): unknown => statement.get!(idAt(n))
      return { run, check: (row, n) => SELECT.check([row as { id: number }], n) }
    }),
  },
  {
    name: 'point select, four idle connections',
    contestants: ['QueuePool', 'StaticPool', BASELINE, 'bare'],
    columns: ['shared memory', 'WAL file'],
    goals: [{ at: ['WAL file'], contestant: 'QueuePool', rival: 'bare', atLeast: 1 }],
    async start(seat) {
      let opened = 0
      const client = await open(seat, { onCreateConnection: async () => void (opened += 1) })
      await execute(client, PERSON)
      if (seat.contestant === 'QueuePool' && 'db' in client) {
        const checkOpened = async (): Promise<void> => expect('the number of connections', IDLE, opened)
        await whileLent(client.db, IDLE, (connection) => findPerson(connection, 0), checkOpened)
      }
      return await repeated(client, SELECT)
    },
  },
  {
    name: 'point select, 64 at a time',
    contestants: ['QueuePool', 'QueuePool, threads: 1', GENERIC_WORKER],
    columns: ['WAL file'],
    goals: [
      { at: ['WAL file'], contestant: 'QueuePool, threads: 1', rival: GENERIC_WORKER, atLeast: 5 },
      { at: ['WAL file'], contestant: 'QueuePool, threads: 1', rival: 'QueuePool', atLeast: 0.6 },
    ],
    warmUp: 1500,
    start: repeating(PERSON, { ...SELECT, tasks: 64 }),
  },
]
