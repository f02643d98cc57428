import type { Case, Place } from '../harness/case.ts'
import { cases as inserts } from './insert.ts'
import { cases as selects } from './select.ts'

const ALL: readonly Case[] = [...selects, ...inserts]

/** Cases that others have too, for other contestants. `by` says what these differ in. */
export function sameWork(
  names: readonly string[],
  by: string,
  contestants: readonly string[],
  columns: readonly Place[],
): Case[] {
  return ALL.filter(({ name }) => names.includes(name)).map(({ name, start }) => ({
    name: `${name}, by ${by}`,
    contestants,
    columns,
    start,
  }))
}
