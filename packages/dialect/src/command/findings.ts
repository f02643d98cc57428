import { hasWalReset } from '../drivers/wal-reset-bug.ts'
import type { DatabaseCheck, ExplainedPool, PooledSqliteDialectConfig } from '../index.ts'
import type { FileFacts } from './file-facts.ts'
import type { SchemaFacts } from './schema-facts.ts'

/** What hurts or could go better, and what ends it. */
export interface Finding {
  /** `problem`: data or availability are at risk. `advice`: it works, and could do so better. */
  readonly kind: 'problem' | 'advice'
  readonly what: string
  readonly cure: string
}

/** What is known when a database has been read. */
export interface Examined {
  readonly config: PooledSqliteDialectConfig
  readonly pool: ExplainedPool
  readonly check: DatabaseCheck
  readonly schema: SchemaFacts
  /** Undefined where it is no file. */
  readonly file: FileFacts | undefined
  readonly damages: readonly string[]
  /** How long another connection kept the write lock from this process, in milliseconds. Undefined if it did not. */
  readonly lockWait: number | undefined
}

export const problem = (what: string, cure: string): Finding => ({ kind: 'problem', what, cure })
const advice = (what: string, cure: string): Finding => ({ kind: 'advice', what, cure })

/** The weightiest first: problems, then advice, each in the order of this file. */
export function findingsOf(examined: Examined): readonly Finding[] {
  const found = RULES.flatMap((rule) => rule(examined) ?? [])
  return [...found.filter(({ kind }) => kind === 'problem'), ...found.filter(({ kind }) => kind === 'advice')]
}

type Rule = (examined: Examined) => Finding | readonly Finding[] | undefined

const damage: Rule = ({ damages }) =>
  damages.map((what) => problem(`It is damaged: ${what}.`, 'Restore a backup, or repair the rows by hand.'))

const walOnNetwork: Rule = ({ file }) => {
  if (file?.network === undefined) return undefined
  const what = `The file system is ${file.network}, which may be on another machine.`
  return file.isWal === true
    ? problem(`${what} A WAL works within one machine only.`, 'Move the file to a local disk.')
    : problem(`${what} Locks of such file systems often do not work.`, 'Move the file to a local disk.')
}

const walReset: Rule = ({ config, check: { versions }, file }) => {
  if (file?.isWal !== true || !hasWalReset(versions.sqlite)) return undefined
  return problem(
    `SQLite ${versions.sqlite} can corrupt a database in WAL mode that several connections use.`,
    `Use a newer ${config.driver === 'node:sqlite' ? 'Node.js' : 'driver'}, with SQLite 3.51.3 or newer.`,
  )
}

const largeWal: Rule = ({ file }) => {
  if (file?.walBytes === undefined || file.walBytes <= LARGE_WAL) return undefined
  return problem(
    `The WAL has ${megabytes(file.walBytes)} beside a database of ${megabytes(file.bytes)}, and every read searches it.`,
    'Look for a reader that never ends. `pragma wal_checkpoint(truncate)` empties it when nobody reads.',
  )
}

const heldLock: Rule = ({ lockWait }) => {
  if (lockWait === undefined) return undefined
  return problem(
    `Another connection has the write lock, and kept it for all of the ${Math.round(lockWait)} ms that doctor waited.`,
    'Look for a transaction that stays open. Other writers fail after connectArgs.timeout. `lsof` lists the programs that have the file open.',
  )
}

const unenforcedKeys: Rule = ({ schema }) => {
  if (schema.foreignKeys === 0 || schema.enforcesForeignKeys) return undefined
  return problem(
    'The database has foreign keys, and connections do not enforce them.',
    'Set pragmas: { foreign_keys: true }. `--full` counts the rows that break them.',
  )
}

const noThreads: Rule = ({ pool, schema }) => {
  if (schema.threadSafety !== 'THREADSAFE=0' || pool.threads === 0) return undefined
  return problem('This build of SQLite is for one thread only.', 'Leave threads out, or use another build.')
}

const rollbackJournal: Rule = ({ config, file }) => {
  if (file?.isWal !== false || makesWal(config)) return undefined
  return advice(
    'It has a rollback journal, so readers and writers wait for each other.',
    "Set pragmas: { journal_mode: 'wal', synchronous: 'normal' }.",
  )
}

const noPool: Rule = ({ pool, file }) => {
  if (file === undefined || pool.name !== 'NullPool' || pool.chosenBy === 'config') return undefined
  return advice(
    'The URL alone gives NullPool, which opens the file for every query and keeps nothing prepared.',
    'A server wants the config that serverConfig(url) returns. `npx @poolclass/dialect bench` measures both pool classes here.',
  )
}

const noStatistics: Rule = ({ check: { size }, schema }) => {
  if (schema.hasStatistics || schema.indexes === 0 || size === undefined || size.pages < FEW_PAGES)
    return undefined
  return advice(
    `It has ${schema.indexes} indexes but no statistics, so SQLite guesses which index to use.`,
    'Run `pragma optimize`, and again from time to time.',
  )
}

const freePages: Rule = ({ check: { size } }) => {
  if (size === undefined || size.pages < FEW_PAGES || size.freePages * 4 < size.pages) return undefined
  return advice(
    `${megabytes(size.freePages * size.pageSize)} of ${megabytes(size.bytes)} are free pages.`,
    '`vacuum` gives them back, and needs as much room again while it runs.',
  )
}

const RULES: readonly Rule[] = [
  damage,
  walOnNetwork,
  walReset,
  noThreads,
  unenforcedKeys,
  heldLock,
  largeWal,
  rollbackJournal,
  noPool,
  noStatistics,
  freePages,
]

const makesWal = ({ pragmas }: PooledSqliteDialectConfig): boolean =>
  Object.entries(pragmas ?? {}).some(
    ([name, value]) => /(?:^|\.)journal_mode$/i.test(name) && /^wal$/i.test(String(value)),
  )

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`

/** Bytes. SQLite itself makes a checkpoint at 4 MB. */
const LARGE_WAL = 64 * 2 ** 20

/** Below that, no plan is slow and no room is worth a vacuum. */
const FEW_PAGES = 1000
