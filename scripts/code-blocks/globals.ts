/** What every block of the documentation may use without an import, and how a block that fails says so. */
import * as poolclass from '@poolclass/dialect'
import * as kysely from 'kysely'
import { spawnSync } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The caller's own tables, of which the pages speak. */
interface Tables {
  account: { id: kysely.Generated<number>; balance: number; email: string }
  measurement: { id: number; value: number }
  note: { id: kysely.Generated<number>; text: string }
}

declare global {
  interface Database extends Tables {}
  const Kysely: typeof kysely.Kysely
  type Kysely<Tables> = kysely.Kysely<Tables>
  const sql: typeof kysely.sql
  const PooledSqliteDialect: typeof poolclass.PooledSqliteDialect
  const parseSqliteUrl: typeof poolclass.parseSqliteUrl
  const isSqliteError: typeof poolclass.isSqliteError
  const threadsafety: typeof poolclass.threadsafety
  const sleep: (milliseconds: number) => Promise<void>
  const db: kysely.Kysely<Database>
  const dialect: poolclass.PooledSqliteDialect
}

const { PooledSqliteDialect, parseSqliteUrl, isSqliteError, threadsafety } = poolclass
const { Kysely, sql } = kysely
Object.assign(globalThis, {
  Kysely,
  sql,
  PooledSqliteDialect,
  parseSqliteUrl,
  isSqliteError,
  threadsafety,
  sleep: setTimeout,
})

const COMMAND = fileURLToPath(new URL('command.js', import.meta.resolve('@poolclass/dialect')))

/** Runs the package's command as a user sees it, with its prompt. */
export function typed(...args: readonly string[]): void {
  console.log(`$ npx @poolclass/dialect ${args.join(' ')}`)
  spawnSync(process.execPath, [COMMAND, ...args], { stdio: 'inherit' })
}

/** Prints an error as the pages show it. */
export function report(error: unknown): void {
  if (!(error instanceof Error)) throw error
  const code = 'code' in error ? ` (${String(error.code)})` : ''
  console.log(`${error.name}${code}: ${error.message}`)
}

/** Prints warnings as the pages show them, and not as Node.js does. */
export function showWarnings(): void {
  process.removeAllListeners('warning')
  process.on('warning', ({ name, code, message, detail }: Warning) => {
    console.log(
      `${name}${code === undefined ? '' : ` [${code}]`}: ${message}${detail === undefined ? '' : `\n${detail}`}`,
    )
  })
}

interface Warning extends Error {
  readonly code?: string
  readonly detail?: string
}
