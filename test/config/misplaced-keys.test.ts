import { POOL_OPTION_NAMES, PooledSqliteDialect } from '@poolclass/dialect'
import { describe, expect, test } from 'vitest'
import { thrownBy } from '../support/statements.ts'

describe('a key in the wrong place, or of another library, is refused with its place here:', () => {
  test.each<[string, string | undefined]>([
    ['readonly', 'connectArgs.readonly'],
    ['readOnly', 'connectArgs.readonly'],
    ['timeout', 'connectArgs.timeout'],
    ['busyTimeout', 'connectArgs.timeout'],
    ['busy_timeout', 'connectArgs.timeout'],
    ['fileMustExist', 'connectArgs.fileMustExist'],
    ['safeIntegers', 'connectArgs.safeIntegers'],
    ['checkSameThread', 'connectArgs.checkSameThread'],
    ['check_same_thread', 'connectArgs.checkSameThread'],
    ['statementCacheSize', 'connectArgs.statementCacheSize'],
    ['cached_statements', 'connectArgs.statementCacheSize'],
    ['statementCashSize', 'connectArgs.statementCacheSize'],
    ['journal_mode', 'pragmas.journal_mode'],
    ['journalMode', 'pragmas.journal_mode'],
    ['jurnal_mode', 'pragmas.journal_mode'],
    ['foreignKeys', 'pragmas.foreign_keys'],
    ['synchronous', 'pragmas.synchronous'],
    ['cache_size', 'pragmas.cache_size'],
    ['pragma', 'pragmas'],
    ['filename', 'url'],
    ['file', 'url'],
    ['path', 'url'],
    ['database', 'url'],
    ['db', 'url'],
    ['host', 'url'],
    ['storage', 'url'],
    ['connectionString', 'url'],
    ['uri', 'url'],
    ['mode', 'url'],
    ['vfs', 'url'],
    ['isolation_level', 'transactionMode'],
    ['pool_class', 'poolclass'],
    ['pool', 'poolclass'],
    ['connectionLimit', 'poolSize'],
    ['pool_logging_name', 'poolName'],
    ['logging_name', 'poolName'],
    ['events', 'poolEvents'],
    ['workers', 'threads'],
    ['extension', 'extensions'],
    ['loadExtension', 'extensions'],
    ['allowExtension', 'extensions'],
    ['encryptionKey', 'key'],
    ['password', 'key'],
    ['hexkey', 'key'],
    ['verbose', 'creator'],
    ['nativeBinding', 'creator'],
    ['poolSise', 'poolSize'],
    ['colour', undefined],
    ['constructor', undefined],
  ])('%s → %s', (key, place) => {
    const error = thrownBy(() => new PooledSqliteDialect({ url: 'app.db', [key]: true }))
    expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key })
    expect(error.message.match(/did you mean ([\w.]+)\?/)?.[1]).toBe(place)
  })

  test.each<[string, string | undefined]>([
    ['poolSize', 'poolSize'],
    ['pool_size', 'poolSize'],
    ['url', 'url'],
    ['filename', 'url'],
    ['journal_mode', 'pragmas.journal_mode'],
    ['pragmas', 'pragmas'],
    ['check_same_thread', 'connectArgs.checkSameThread'],
    ['time_out', 'connectArgs.timeout'],
    ['timeouts', 'connectArgs.timeout'],
    ['isolation_level', 'transactionMode'],
    ['colour', undefined],
  ])('connectArgs.%s → %s', (key, place) => {
    const connectArgs = { [key]: true }
    const error = thrownBy(() => new PooledSqliteDialect({ url: 'app.db', connectArgs }))
    expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key: `connectArgs.${key}` })
    expect(error.message.match(/did you mean ([\w.]+)\?/)?.[1]).toBe(place)
  })

  test('also where the url is missing for it', () => {
    const error = thrownBy(() => new PooledSqliteDialect({ filename: 'app.db' } as never))
    expect(error.message).toMatch(/There is no config key filename; did you mean url\?/)
  })
})

test.each(POOL_OPTION_NAMES)('%s is an option of the pools, so the config hands it to them', (option) => {
  const error = thrownBy(
    () => new PooledSqliteDialect({ url: 'app.db', poolclass: 'QueuePool', [option]: [7] }),
  )
  expect(error).toMatchObject({ code: 'POOL_OPTION', option })
})
