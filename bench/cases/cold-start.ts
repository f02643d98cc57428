import { BASELINE, open } from '../contestants/index.ts'
import type { Case } from '../harness/case.ts'

export const cases: Case[] = [
  {
    name: 'cold start',
    goals: [{ at: ['memory', 'WAL file'], contestant: 'StaticPool', rival: BASELINE, atMost: 1.1 }],
    isFresh: true,
    start: async (seat) => ({
      async run() {
        const client = await open(seat)
        await client.value('select count(*) from sqlite_schema')
      },
    }),
  },
]
