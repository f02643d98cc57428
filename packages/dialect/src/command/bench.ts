import { chmod } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Kysely } from 'kysely'
import {
  DialectConfigError,
  type PoolClassName,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
} from '../index.ts'
import { fileFacts, readOnlyUrl } from './file-facts.ts'
import { TemporaryFolder } from './temporary-folder.ts'
import { measured, type Rows, WORKS } from './workloads.ts'

/** What was measured: for each contestant the median time of an operation in microseconds, in the order of the works. */
export interface Benchmark {
  readonly works: readonly string[]
  readonly contestants: readonly { readonly name: string; readonly micros: readonly number[] }[]
}

/**
 * Measures pool classes: on a copy of a file, which lies beside it because the disk counts, or on a memory database. Where
 * nobody may write beside the file, the copy is a temporary one. Deletes the copy, also when it is interrupted.
 *
 * @throws DialectConfigError for a server, which this cannot copy.
 */
export async function bench(config: PooledSqliteDialectConfig): Promise<Benchmark> {
  const { location } = new PooledSqliteDialect(config)
  if (location.kind === 'server') {
    throw new DialectConfigError(
      'url',
      'bench measures on a copy, and cannot copy a server. Give it a file or :memory:.',
    )
  }
  const isFile = location.kind === 'file'
  const source = isFile ? readOnlyUrl(location, fileFacts(location.path)) : undefined
  const folder = new TemporaryFolder(isFile ? dirname(location.path) : undefined)
  try {
    const url = isFile ? join(folder.path, 'copy.db') : ':memory:'
    if (source !== undefined) await copy({ ...config, url: source }, url)
    return await compare({ ...config, url }, isFile ? ON_FILES : IN_MEMORY)
  } finally {
    folder.remove()
  }
}

async function copy({ url, driver, key }: PooledSqliteDialectConfig, path: string): Promise<void> {
  const dialect = new PooledSqliteDialect({ url, driver, key })
  const db = new Kysely<unknown>({ dialect })
  try {
    await dialect.backup(path)
    // It has the rights of the file, which may be read-only.
    await chmod(path, 0o600)
  } finally {
    await db.destroy()
  }
}

type Contestant = readonly [poolclass: PoolClassName, threads: number]

const ON_FILES: readonly Contestant[] = [
  ['NullPool', 0],
  ['QueuePool', 0],
  ['SingletonThreadPool', 0],
  ['QueuePool', 2],
  ['SingletonThreadPool', 2],
]

const IN_MEMORY: readonly Contestant[] = [
  ['SingletonThreadPool', 0],
  ['StaticPool', 0],
  ['SingletonThreadPool', 1],
]

async function compare(
  { url, driver, key, extensions, pragmas, connectArgs, transactionMode }: PooledSqliteDialectConfig,
  contestants: readonly Contestant[],
): Promise<Benchmark> {
  const same = { url, driver, key, extensions, pragmas, connectArgs, transactionMode }
  const dbs = contestants.map(
    ([poolclass, threads]) =>
      new Kysely<Rows>({ dialect: new PooledSqliteDialect({ ...same, poolclass, threads }) }),
  )
  try {
    const medians = await measured(dbs)
    return {
      works: Object.keys(WORKS),
      contestants: contestants.map((contestant, n) => ({ name: nameOf(contestant), micros: medians[n]! })),
    }
  } finally {
    await Promise.all(dbs.map((db) => db.destroy()))
  }
}

const nameOf = ([poolclass, threads]: Contestant): string =>
  threads === 0 ? poolclass : `${poolclass}, threads: ${threads}`
