import { quoted } from '../connection/identifier.ts'
import type { Connection, StatementResult } from '../connection/connection.ts'
import { isBusy } from '../waiting/busy.ts'
import { attachedFiles } from './attachment.ts'
import { CONNECTION_PRAGMAS, FILE_PRAGMAS, JOURNAL_MODE, NEXT_FILE_PRAGMAS } from './connection-pragmas.ts'
import { isRekey, newKey } from './rekey.ts'
import { type PragmaStatement, pragmaStatement } from './pragma-statement.ts'
import type { Setting } from './session-changes.ts'
import type { PragmaSurroundings, SessionStatementOutcome } from './statement-surroundings.ts'

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
  const { whileBusy, discard } = surroundings
  const pragma = pragmaStatement(sql)
  if (pragma === undefined) return { result: await whileBusy(() => connection.execute(sql, parameters)) }
  if (connection.refusesUnknownPragmas !== true)
    await whileBusy(() => connection.execute(pragma.rehearsal, parameters))
  const { name, assigns } = pragma
  if (isRekey(pragma) && surroundings.rekeyed !== undefined)
    return await runRekey(connection, sql, pragma, surroundings)
  if (name === 'busy_timeout') return await runBusyTimeout(connection, sql, pragma, surroundings.busyTimeout)
  if (name === JOURNAL_MODE || NEXT_FILE_PRAGMAS.has(name))
    await whileBusy(() => readFiles(connection, pragma))
  try {
    const writes = assigns && FILE_PRAGMAS.has(name)
    const result = await whileBusy(() => executePragma(connection, sql, name, surroundings), {
      connection,
      sql,
      writes,
    })
    return assigns ? await withChanges(result, connection, sql, pragma, discard) : { result }
  } catch (error) {
    // Such as auto_vacuum, of which one half is done by then.
    if (assigns) discard?.()
    throw error
  }
}

async function executePragma(
  connection: Connection,
  sql: string,
  name: string,
  { closeIdle }: PragmaSurroundings,
): Promise<StatementResult> {
  try {
    return await connection.execute(sql, [])
  } catch (error) {
    // While a connection lies idle that knows the file to be in WAL, SQLite does not let another one take it out.
    if (name === JOURNAL_MODE && isBusy(error)) await closeIdle?.()
    throw error
  }
}

async function withChanges(
  result: StatementResult,
  connection: Connection,
  sql: string,
  pragma: PragmaStatement,
  discard: PragmaSurroundings['discard'],
): Promise<SessionStatementOutcome> {
  if (pragma.name === 'encoding' && (await hasAttached(connection))) {
    discard?.()
    return { result }
  }
  const settings =
    pragma.name === JOURNAL_MODE ? await journalModes(connection, sql, pragma) : settingsOf(sql, pragma)
  return settings.length === 0 ? { result } : { result, changes: { settings } }
}

async function runRekey(
  connection: Connection,
  sql: string,
  pragma: PragmaStatement,
  { whileBusy, rekeyed }: PragmaSurroundings,
): Promise<SessionStatementOutcome> {
  const key = await newKey(connection, pragma)
  const statement = { connection, sql, writes: true }
  let followed: Promise<void> | undefined
  const follow = (result: StatementResult): StatementResult => {
    followed = rekeyed?.(key)
    return result
  }
  // Nobody comes between the new key and those that have to follow.
  const result = await whileBusy(() => {
    const answer = connection.execute(sql, [])
    return answer instanceof Promise ? answer.then(follow) : follow(answer)
  }, statement)
  await followed
  return { result }
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

/** A connection that sat idle does not know what others have made of the files since, until it reads them. */
async function readFiles(connection: Connection, { schema, name, assigns }: PragmaStatement): Promise<void> {
  const isAboutAll = name === JOURNAL_MODE && assigns
  const schemas = isAboutAll ? await schemasOf(connection, schema) : [schema === '' ? 'main' : schema]
  for (const each of schemas) {
    // oxlint-disable-next-line no-await-in-loop -- one statement after the other
    await connection.execute(`select 1 from ${quoted(each)}.sqlite_schema limit 1`, [])
  }
}

/** An assignment to `journal_mode` without a schema is about all that are attached. */
async function schemasOf(connection: Connection, schema: string): Promise<readonly string[]> {
  return schema === '' ? [...(await attachedFiles(connection)).keys()] : [schema]
}

function settingsOf(sql: string, { schema, name, explanation }: PragmaStatement): readonly Setting[] {
  const replayed = CONNECTION_PRAGMAS.has(name) ? sql : NEXT_FILE_PRAGMAS.has(name) ? explanation : undefined
  if (replayed === undefined) return []
  return [{ key: keyOf(schema, name), sql, schema, replay: (connection) => connection.execute(replayed, []) }]
}

async function journalModes(
  connection: Connection,
  sql: string,
  { schema, explained }: PragmaStatement,
): Promise<readonly Setting[]> {
  if (explained) return []
  const schemas = await schemasOf(connection, schema)
  return await Promise.all(schemas.map((each) => journalMode(connection, sql, each)))
}

/** A mode of the rollback journal is the connection's, and must not take a file out of WAL that another connection has put there. */
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

/** Then it is too late for another encoding: with it, the same could not be attached any more. */
async function hasAttached(connection: Connection): Promise<boolean> {
  return [...(await attachedFiles(connection)).keys()].some(
    (schema) => schema !== 'main' && schema !== 'temp',
  )
}

function keyOf(schema: string, name: string): string {
  return `pragma ${schema}.${name}`
}
