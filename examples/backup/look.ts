import SqliteDatabase from 'better-sqlite3'
import { existsSync } from 'node:fs'

/** What is in a copy, where there is one. */
export function look(path: string): { integrity: string; sum: number; transfers: number } | undefined {
  if (!existsSync(path)) return undefined
  const copy = new SqliteDatabase(path, { fileMustExist: true })
  try {
    return copy
      .prepare(
        `select (select integrity_check from pragma_integrity_check limit 1) as integrity,
          (select sum(balance) from account) as sum, (select count(*) from transfer) as transfers`,
      )
      .get() as ReturnType<typeof look>
  } finally {
    copy.close()
  }
}
