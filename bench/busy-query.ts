import { sql } from 'kysely'
import type { Db } from './tables.ts'

/** A read that keeps the processor busy, for about 140 ns a step. */
export async function count(db: Db, steps: number): Promise<void> {
  const { rows } = await sql<{ steps: number }>`
    with recursive step(n) as (select 1 union all select n + 1 from step where n < ${steps})
    select count(*) as steps, sum(n * n % 7) as sum from step`.execute(db)
  if (rows[0]?.steps !== steps) throw new Error(`${rows[0]?.steps} steps were counted, and not ${steps}`)
}
