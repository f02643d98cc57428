import type { Case } from './case.ts'
import { insert, insertReturning, transactionOfTen } from './insert.ts'
import { readAll, streamAll } from './many-rows.ts'
import { mixedAlone, mixedSixteen, mixedSixtyFour } from './mixed.ts'
import { openTransactionWithReaders } from './open-transaction.ts'
import { join, pointSelect, rangeSelect } from './select.ts'
import { upsert } from './upsert.ts'

export const cases: readonly Case[] = [
  pointSelect,
  rangeSelect,
  join,
  insert,
  insertReturning,
  upsert,
  transactionOfTen,
  readAll,
  streamAll,
  mixedAlone,
  mixedSixteen,
  mixedSixtyFour,
  openTransactionWithReaders,
]
