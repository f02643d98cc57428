import type { MaybePromise } from '@poolclass/pools'
import { quoted } from '../connection/identifier.ts'
import type { Connection, StatementResult } from '../connection/connection.ts'
import { isBusy } from '../waiting/busy.ts'
import { attachedFiles } from './attachment.ts'
import { CONNECTION_PRAGMAS, FILE_PRAGMAS, JOURNAL_MODE, NEXT_FILE_PRAGMAS } from './connection-pragmas.ts'
import { type PragmaStatement, pragmaStatement } from './pragma-statement.ts'
import type { Setting } from './session-settings.ts'
import type { PragmaSurroundings, SessionStatementOutcome } from './session-statement.ts'

/**
 * Runs a `PRAGMA` and tells what it has changed.
 *
 * SQLite carries out many pragmas while it reads the statement, and may find fault with the rest of it afterwards. So the
 * statement is first sent under a name that no pragma has: what is refused then has changed nothing.
 */
export async function runPragma(
  connection: Connection,
  sql: string,
  parameters: readonly unknown[],
  surroundings: PragmaSurroundings,
): Promise<SessionStatementOutcome> {
  const { whileBusy, closeIdle } = surroundings
  const execute = (): MaybePromise<StatementResult> => connection.execute(sql, parameters)
  const pragma = pragmaStatement(sql)
  if (pragma === undefined) return { result: await whileBusy(execute) }
  await whileBusy(() => connection.execute(pragma.rehearsal, parameters))
  const { schema, name, assigns } = pragma
  if (name === 'busy_timeout') return await runBusyTimeout(connection, sql, pragma, surroundings.busyTimeout)
  const isJournalMode = name === JOURNAL_MODE
  if (isJournalMode || NEXT_FILE_PRAGMAS.has(name)) await whileBusy(() => readFile(connection, schema))
  const writes = assigns && FILE_PRAGMAS.has(name)
  const result = await whileBusy(isJournalMode ? () => orCloseIdle(execute, closeIdle) : execute, {
    connection,
    sql,
    writes,
  })
  if (!assigns) return { result }
  const settings = isJournalMode ? await journalModes(connection, sql, pragma) : settingsOf(sql, pragma)
  return settings.length === 0 ? { result } : { result, changes: { settings } }
}

/** `PRAGMA busy_timeout` is about this driver's wait: SQLite's own would block the thread. */
async function runBusyTimeout(
  connection: Connection,
  sql: string,
  { assigns, explained }: PragmaStatement,
  current: number,
): Promise<SessionStatementOutcome> {
  const result = await connection.execute(sql, [])
  if (!assigns) return { result: explained ? result : { rows: [{ timeout: current }] } }
  const { rows } = await connection.execute('pragma busy_timeout', [])
  await connection.execute('pragma busy_timeout = 0', [])
  const busyTimeout = Number((rows[0] as { timeout: number | bigint }).timeout)
  return { result: explained ? result : { rows: [{ timeout: busyTimeout }] }, changes: { busyTimeout } }
}

/** A connection that sat idle does not know what others have made of the file since, until it reads it. */
async function readFile(connection: Connection, schema: string): Promise<void> {
  await connection.execute(
    `select 1 from ${quoted(schema === '' ? 'main' : schema)}.sqlite_schema limit 1`,
    [],
  )
}

/** While a connection lies idle that knows the file to be in WAL, SQLite does not let another one take it out. */
async function orCloseIdle<T>(
  execute: () => MaybePromise<T>,
  closeIdle: PragmaSurroundings['closeIdle'],
): Promise<T> {
  try {
    return await execute()
  } catch (error) {
    if (isBusy(error)) await closeIdle?.()
    throw error
  }
}

function settingsOf(sql: string, { schema, name, explanation }: PragmaStatement): readonly Setting[] {
  const replayed = CONNECTION_PRAGMAS.has(name) ? sql : NEXT_FILE_PRAGMAS.has(name) ? explanation : undefined
  if (replayed === undefined) return []
  return [{ key: keyOf(schema, name), sql, schema, replay: (connection) => connection.execute(replayed, []) }]
}

/** Without a schema the statement is about all that are attached. */
async function journalModes(
  connection: Connection,
  sql: string,
  { schema, explained }: PragmaStatement,
): Promise<readonly Setting[]> {
  if (explained) return []
  const schemas = schema === '' ? [...(await attachedFiles(connection)).keys()] : [schema]
  return await Promise.all(schemas.map((each) => journalMode(connection, sql, each)))
}

/** A mode of the rollback journal is the connection's, and must not take a file out of WAL that somebody has put there. */
async function journalMode(connection: Connection, sql: string, schema: string): Promise<Setting> {
  const setting = { key: keyOf(schema, JOURNAL_MODE), sql, schema }
  const pragma = `pragma ${quoted(schema)}.${JOURNAL_MODE}`
  const mode = await currentMode(connection, pragma)
  if (mode === 'wal') return setting
  return {
    ...setting,
    replay: async (other) => {
      const current = await currentMode(other, pragma)
      if (current !== mode && current !== 'wal') await other.execute(`${pragma} = ${mode}`, [])
    },
  }
}

async function currentMode(connection: Connection, pragma: string): Promise<string> {
  const { rows } = await connection.execute(pragma, [])
  return (rows[0] as { journal_mode: string }).journal_mode
}

function keyOf(schema: string, name: string): string {
  return `pragma ${schema}.${name}`
}
