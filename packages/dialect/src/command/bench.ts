import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Kysely } from 'kysely'
import {
  DialectConfigError,
  type PoolClassName,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
} from '../index.ts'
import { fileFacts, readOnlyUrl } from './file-facts.ts'
import { measured, type Rows, WORKS } from './workloads.ts'

/** What was measured: for each contestant the median time of an operation in microseconds, in the order of the works. */
export interface Benchmark {
  readonly works: readonly string[]
  readonly contestants: readonly { readonly name: string; readonly micros: readonly number[] }[]
}

/**
 * Measures pool classes: on a copy of a file, which lies beside it because the disk counts, or on a memory database. Deletes
 * the copy.
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
  const folder = await mkdtemp(join(isFile ? dirname(location.path) : tmpdir(), '.poolclass-bench-'))
  try {
    const url = isFile ? join(folder, 'copy.db') : ':memory:'
    if (isFile) await copy({ ...config, url: readOnlyUrl(location, fileFacts(location.path)) }, url)
    return await compare({ ...config, url }, isFile ? ON_FILES : IN_MEMORY)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function copy({ url, driver, key }: PooledSqliteDialectConfig, path: string): Promise<void> {
  const dialect = new PooledSqliteDialect({ url, driver, key })
  const db = new Kysely<unknown>({ dialect })
  try {
    await dialect.backup(path)
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
