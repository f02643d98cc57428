import { inTasks } from '../../in-tasks.ts'
import { findPerson, idAt } from '../../people.ts'
import type { Db } from '../../tables.ts'
import { CHECKPOINT, PEOPLE, PERSON } from '../data.ts'
import { type Case, expect } from './case.ts'

/** One operation in so many writes. */
const WRITES_EACH = 5

const SELECT = 'select * from person where id = ?'
const UPDATE = 'update person set age = age + 1 where id = ?'

export const mixedAlone: Case = mixed(1)
export const mixedSixteen: Case = mixed(16)
export const mixedSixtyFour: Case = mixed(64)

/** Reads and writes by primary key, by tasks that run at once. A driver that blocks its thread does one after the other. */
function mixed(tasks: number): Case {
  return {
    name: `mixed reads and writes, ${tasks} at a time`,
    about: `Four point selects to each update of one row, by ${tasks === 1 ? 'one task' : `${tasks} tasks at once`}.`,
    data: PERSON,
    batch: { step: tasks * WRITES_EACH, most: 4000 },
    kysely:
      ({ db }) =>
      (times) =>
        inTasks(tasks, times, (index) =>
          isWrite(index) ? celebrate(db, idAt(index)) : findPerson(db, idAt(index)),
        ),
    sync: ({ database }) => {
      const [select, update] = [database.prepare(SELECT), database.prepare(UPDATE)]
      return (times) => {
        for (let index = 0; index < times; index += 1) {
          if (isWrite(index)) update.run(idAt(index))
          else expect('the id', idAt(index), (select.get(idAt(index)) as { id: number }).id)
        }
      }
    },
    async: async ({ database }) => {
      const [select, update] = await Promise.all([database.prepare(SELECT), database.prepare(UPDATE)])
      return (times) =>
        inTasks(tasks, times, async (index) => {
          if (isWrite(index)) await update.run(idAt(index))
          else expect('the id', idAt(index), ((await select.get(idAt(index))) as { id: number }).id)
        })
    },
    reset: async (client, done) => {
      const age = 'sum(age) - sum(id % 90)'
      expect(
        'the number of updates',
        done / WRITES_EACH,
        await client.value(`select ${age} from person where id <= ${PEOPLE}`),
      )
      await client.execute('update person set age = id % 90')
      await client.execute(CHECKPOINT)
    },
  }
}

function isWrite(index: number): boolean {
  return index % WRITES_EACH === 0
}

async function celebrate(db: Db, id: number): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('person')
    .set((set) => ({ age: set('age', '+', 1) }))
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  expect('the number of updated rows', 1n, numUpdatedRows)
}
