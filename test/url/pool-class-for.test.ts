import { NullPool, SingletonThreadPool, StaticPool } from '@poolclass/pools'
import { describe, expect, test } from 'vitest'
import { parseSqliteUrl } from '../../packages/dialect/src/url/parse-sqlite-url.ts'
import { poolClassFor } from '../../packages/dialect/src/url/pool-class-for.ts'
import { locationTable } from './location-table.ts'

const poolClasses = { NullPool, SingletonThreadPool, StaticPool }

describe('a location has a default pool class', () => {
  test.each(locationTable)('%s is %o and gets %s', (url, _, poolClass) => {
    expect(poolClassFor(parseSqliteUrl(url))).toBe(poolClasses[poolClass])
  })
})
