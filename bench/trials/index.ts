import type { Trial } from '../trial.ts'
import { checkout } from './checkout.ts'
import { insertIntoFile, insertIntoMemory } from './insert.ts'
import { nullPoolQuery, nullPoolQueryInWal } from './null-pool.ts'
import { pointSelectInFile, pointSelectInMemory } from './point-select.ts'
import { rawSelect } from './raw-select.ts'
import { transactionOfTen } from './transaction.ts'

export const trials: readonly Trial[] = [
  pointSelectInMemory,
  pointSelectInFile,
  insertIntoMemory,
  insertIntoFile,
  transactionOfTen,
  rawSelect,
  nullPoolQuery,
  nullPoolQueryInWal,
  checkout,
]

/** The trials whose names contain `part`, in either case. */
export function trialsNamed(part: string): readonly Trial[] {
  return trials.filter(({ name }) => name.toLowerCase().includes(part.toLowerCase()))
}
