import type { PooledSqliteDialectConfig } from '@poolclass/dialect'

/** Tasks that are ready to run. */
export interface Tasks {
  /** Returns the longest that a quick query took, in ms. */
  run(): Promise<number>
  close(): Promise<void>
}

export type PrepareTasks = (config: PooledSqliteDialectConfig, count: number) => Promise<Tasks>
