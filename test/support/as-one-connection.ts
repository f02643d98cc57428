// oxlint-disable no-await-in-loop -- the statements of a script come one after the other
import type { PoolClassName } from '@poolclass/dialect'
import type { Kysely } from 'kysely'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { onEachOf, type Outcome, outcomeOf, run } from './statements.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export const poolClasses: readonly PoolClassName[] = [
  'SingletonThreadPool',
  'StaticPool',
  'NullPool',
  'QueuePool',
  'AssertionPool',
]

export type Database = 'file' | 'shared memory'

/** A kind of database with a pool class, and how many connections of it the tests hold at once. */
export interface PoolOn {
  readonly place: Database
  readonly poolclass: PoolClassName
  readonly held: number
}

export const everywhere: readonly PoolOn[] = (['file', 'shared memory'] as const).flatMap((place) =>
  poolClasses.map((poolclass) => ({
    place,
    poolclass,
    held: poolclass === 'NullPool' || poolclass === 'QueuePool' ? 3 : 1,
  })),
)
export const several: readonly PoolOn[] = everywhere.filter(({ held }) => held > 1)
export const single: readonly PoolOn[] = everywhere.filter(({ held }) => held === 1)

export function urlOf(place: Database): string {
  return place === 'file'
    ? join(temporaryDirectory(), 'app.db')
    : `file:${randomUUID()}?mode=memory&cache=shared`
}

/** How a file is named in an `ATTACH`: shared memory has another VFS, which the file must not inherit. */
export function nameOf(place: Database, file: string): string {
  return place === 'file' ? file : `file:${file}?vfs=unix`
}

/** A plain handle: what the pools are measured by. */
/** Sends the script through `db`, and before each statement has every connection do something else. */
export async function perform(db: Kysely<any>, script: readonly string[], held: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const statement of script) {
    await onEachOf(db, held, 'select count(*) as n from sqlite_schema')
    if (held === 1) {
      outcomes.push(await outcomeOf(db, statement))
      continue
    }
    const [outcome] = await Promise.all([
      outcomeOf(db, statement),
      onEachOf(db, held, 'select count(*) as n from sqlite_schema'),
      run(db, 'select 1'),
    ])
    outcomes.push(outcome)
  }
  return outcomes
}
