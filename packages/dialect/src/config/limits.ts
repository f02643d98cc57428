import type { PooledSqliteDialectConfig } from './dialect-config.ts'
import { wholeNumber } from './option-checks.ts'

/** The time limits of a config, in milliseconds. 0: none. */
export interface Limits {
  readonly transactionTimeout: number
  readonly statementTimeout: number
  readonly slowQueryThreshold: number
}

export function resolveLimits(config: PooledSqliteDialectConfig): Limits {
  const limit = (key: keyof Limits): number => wholeNumber(key, config[key] ?? 0, 'milliseconds')
  return {
    transactionTimeout: limit('transactionTimeout'),
    statementTimeout: limit('statementTimeout'),
    slowQueryThreshold: limit('slowQueryThreshold'),
  }
}
