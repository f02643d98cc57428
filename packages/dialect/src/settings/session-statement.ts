import { quoted } from '../connection/identifier.ts'
import type { Connection, StatementResult } from '../connection/connection.ts'
import { AttachmentInMemoryError, PrivateAttachmentError } from '../errors.ts'
import { CONNECTION_PRAGMAS, type PragmaTarget } from './connection-pragmas.ts'
import { attachedFiles, type Setting } from './session-settings.ts'

/** What a session statement gave and did. */
export interface SessionStatementOutcome {
  readonly result: StatementResult
  /** What it set, for the other connections to have as well; absent where it set nothing of the connection. */
  readonly setting?: Setting
}

/** What an attachment depends on besides its statement. */
export interface AttachmentSurroundings {
  /** Other connections are to see what is attached. */
  readonly shared: boolean
  /** The main database is a memdb, whose VFS opens everything that is attached to it, files too. */
  readonly onMemdb: boolean
}

/**
 * Runs an `ATTACH` or `DETACH` and tells what it has set.
 *
 * @throws PrivateAttachmentError where others could never see what was attached.
 * @throws AttachmentInMemoryError where a file was meant and memory was attached.
 */
export async function runAttachment(
  connection: Connection,
  sql: string,
  parameters: readonly unknown[],
  { shared, onMemdb }: AttachmentSurroundings,
): Promise<SessionStatementOutcome> {
  const before = await attachedFiles(connection)
  const result = await connection.execute(sql, parameters)
  const after = await attachedFiles(connection)
  const schema = firstWithout(after, before) ?? firstWithout(before, after)
  if (schema === undefined) return { result }
  const file = after.get(schema)
  if (file === '') {
    const isPrivate = await isExclusive(connection, schema)
    const refusal =
      isPrivate && shared
        ? new PrivateAttachmentError(schema)
        : onMemdb && !isPrivate && !namesMemdb(sql, parameters)
          ? new AttachmentInMemoryError(schema)
          : undefined
    if (refusal !== undefined) {
      await connection.execute(`detach ${quoted(schema)}`, [])
      throw refusal
    }
  }
  const attachment = { schema, file, cwd: process.cwd() }
  return { result, setting: { key: `attachment ${schema}`, sql, parameters, attachment } }
}

/** Runs a `PRAGMA` and tells what it has set. */
export async function runPragma(
  connection: Connection,
  { schema, name, assigns }: PragmaTarget,
  sql: string,
  parameters: readonly unknown[],
): Promise<SessionStatementOutcome> {
  const result = await connection.execute(sql, parameters)
  if (!assigns || !CONNECTION_PRAGMAS.has(name)) return { result }
  return { result, setting: { key: `pragma ${schema}.${name}`, sql, parameters } }
}

/** Runs `PRAGMA busy_timeout = n`, without leaving it to SQLite to wait, and returns n in milliseconds. */
export async function runBusyTimeout(connection: Connection, sql: string): Promise<number> {
  const { rows } = await connection.execute(sql, [])
  await connection.execute('pragma busy_timeout = 0', [])
  return Number((rows[0] as { timeout: number | bigint }).timeout)
}

function firstWithout(names: Map<string, string>, others: Map<string, string>): string | undefined {
  return [...names.keys()].find((name) => !others.has(name))
}

/** A private memory database and a temporary one are always locked by their connection, a memdb never is. */
async function isExclusive(connection: Connection, schema: string): Promise<boolean> {
  const { rows } = await connection.execute(`pragma ${quoted(schema)}.locking_mode`, [])
  return (rows[0] as { locking_mode: string }).locking_mode === 'exclusive'
}

function namesMemdb(sql: string, parameters: readonly unknown[]): boolean {
  return [sql, ...parameters].some((text) => typeof text === 'string' && text.includes('vfs=memdb'))
}
