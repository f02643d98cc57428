import { BY_DRIVER } from '../contestants/index.ts'
import type { Case } from '../harness/case.ts'
import { cases as inserts } from './insert.ts'
import { cases as selects } from './select.ts'

const NAMES: ReadonlySet<string> = new Set([
  'point select',
  'range of 100 rows',
  'insert',
  'transaction of ten',
])

/** The same work over each driver. */
export const cases: Case[] = [...selects, ...inserts]
  .filter(({ name }) => NAMES.has(name))
  .map(({ name, start }) => ({
    name: `${name}, by driver`,
    contestants: BY_DRIVER,
    columns: ['memory', 'WAL file'],
    start,
  }))
