import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { openDatabase, sumOfCounters } from './database.ts'
import { runTask } from './task.ts'
import type { Tasks } from './tasks.ts'

/** All tasks share one dialect. */
export async function prepareInThisThread(config: PooledSqliteDialectConfig, count: number): Promise<Tasks> {
  const db = openDatabase(config)
  await sumOfCounters(db)
  return {
    run: async () =>
      Math.max(...(await Promise.all(Array.from({ length: count }, (_, task) => runTask(db, task))))),
    close: async () => {
      await db.destroy()
    },
  }
}
