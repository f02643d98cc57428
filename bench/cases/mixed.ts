import { BASELINE } from '../contestants/index.ts'
import { expect, PEOPLE, PERSON, undo } from '../data.ts'
import type { Case, Goal } from '../harness/case.ts'
import { onClient, runner, SELECT, UPDATE } from '../query.ts'

/** One operation in so many writes. */
const WRITES_EACH = 5

const isWrite = (n: number): boolean => n % WRITES_EACH === 0

/** Reads and writes by primary key, by tasks that run at once. A driver that blocks its thread does one after the other. */
const mixed = (tasks: number, goals: readonly Goal[] = []): Case => ({
  name: `mixed reads and writes, ${tasks} at a time`,
  goals,
  start: onClient(PERSON, async (client) => {
    const [select, update] = [await runner(client, SELECT), await runner<unknown>(client, UPDATE)]
    return {
      tasks,
      most: 4000,
      run: (n) => (isWrite(n) ? update(n) : select(n)),
      check: (rows, n) => isWrite(n) || SELECT.check(rows as { id: number }[], n),
      async reset(done) {
        const updates = `select sum(age) - sum(id % 90) from person where id <= ${PEOPLE}`
        expect('the number of updates', Math.ceil(done / WRITES_EACH), await client.value(updates))
        await undo(client, 'update person set age = id % 90')
      },
    }
  }),
})

export const cases: Case[] = [
  mixed(1),
  mixed(16, [{ at: ['WAL file'], contestant: 'QueuePool', rival: BASELINE, atLeast: 3 }]),
  mixed(64),
]
