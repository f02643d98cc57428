import { resolve } from 'node:path'
import { nameKey, quoted } from '../connection/identifier.ts'
import type { Connection, StatementResult } from '../connection/connection.ts'
import { AttachmentInMemoryError, PrivateAttachmentError } from '../errors/settings-errors.ts'
import { maskMessage } from '../masked.ts'
import { type FileUri, fileUri } from '../url/file-uri.ts'
import { type AttachedName, attachedName } from './attached-name.ts'
import type { Attachment } from './session-changes.ts'
import type { SessionStatementOutcome, Surroundings } from './statement-surroundings.ts'

/** The files of the attached databases, by the names that they are attached under. It asks for no lock. */
export async function attachedFiles(connection: Connection): Promise<Map<string, string>> {
  const { rows } = await connection.execute('pragma database_list', [])
  return new Map((rows as { name: string; file: string }[]).map(({ name, file }) => [nameKey(name), file]))
}

/**
 * Runs an `ATTACH` or `DETACH` and tells what it has changed.
 *
 * @throws PrivateAttachmentError where others could never see what was attached.
 * @throws AttachmentInMemoryError where a file was meant and memory was attached.
 */
export async function runAttachment(
  connection: Connection,
  sql: string,
  parameters: readonly unknown[],
  surroundings: Surroundings,
): Promise<SessionStatementOutcome> {
  const { whileBusy, shared, closeIdle } = surroundings
  const name = await attachedName(connection, sql, parameters, surroundings)
  const before = await attachedFiles(connection)
  const result = await whileBusy(() => attach(connection, sql, parameters))
  const after = await attachedFiles(connection)
  const schema = firstWithout(after, before)
  if (schema !== undefined) {
    const attached = { schema, file: after.get(schema)!, name: name ?? unknownName(schema) }
    await refuse(attached, connection, surroundings)
    return { result, changes: { attached: attachment(attached) } }
  }
  const detached = firstWithout(before, after)
  if (detached === undefined) return { result }
  // A memory database ends with its last connection, which is not to be one that lies idle.
  if (before.get(detached) === '' && shared) await closeIdle?.()
  return { result, changes: { detached } }
}

/** SQLite's error shows the name, and a URI may have a key in it. */
async function attach(
  connection: Connection,
  sql: string,
  parameters: readonly unknown[],
): Promise<StatementResult> {
  try {
    return await connection.execute(sql, parameters)
  } catch (error) {
    if (error instanceof Error) maskMessage(error)
    throw error
  }
}

interface Attached {
  readonly schema: string
  /** As SQLite tells it: absolute, and `''` for memory. */
  readonly file: string
  readonly name: AttachedName
}

async function refuse(
  { schema, file, name }: Attached,
  connection: Connection,
  { shared, onMemdb }: Surroundings,
): Promise<void> {
  if (file !== '' || isSharedMemory(name)) return
  const meantFile = onMemdb && namesFile(name)
  if (!meantFile && !shared) return
  await connection.execute(`detach ${quoted(schema)}`, [])
  throw meantFile ? new AttachmentInMemoryError(schema) : new PrivateAttachmentError(schema)
}

function attachment({ schema, file, name }: Attached): Attachment {
  const filename = file === '' ? name.text : withParameters(file, name)
  const { clause, parameters } = name
  return {
    key: `attachment ${schema}`,
    // Its own text may have a key in it.
    sql: `attach ? as ${schema}`,
    schema,
    memory: isSharedMemory(name) ? name.text : undefined,
    replay: async (connection) => {
      const isAttached = (await attachedFiles(connection)).has(schema)
      if (isAttached) await connection.execute(`detach ${quoted(schema)}`, [])
      await attach(connection, `attach ? ${clause}`, [filename, ...parameters])
    },
  }
}

/** The file of a URI whose relative paths were read by the working directory of the time, with all that the URI says of it. */
function withParameters(file: string, { uri }: AttachedName): string {
  if (uri === undefined || uri.parameters.length === 0) return file
  const query = uri.parameters.map(
    ([key, value]) =>
      `${encodeURIComponent(key)}=${encodeURIComponent(key === 'modeof' ? resolve(value) : value)}`,
  )
  return `${fileUri(file, process.platform)}?${query.join('&')}`
}

/** All connections of the process share it: a database of the memdb VFS whose name begins with a slash. */
function isSharedMemory({ uri }: AttachedName): boolean {
  return (
    uri !== undefined &&
    parameterOf(uri, 'vfs') === 'memdb' &&
    parameterOf(uri, 'mode') !== 'memory' &&
    /^[/\\]./s.test(uri.name)
  )
}

/** It names neither a VFS nor memory. */
function namesFile({ text, uri }: AttachedName): boolean {
  const name = uri?.name ?? text
  if (name === '' || name === ':memory:') return false
  return uri === undefined || (parameterOf(uri, 'vfs') === undefined && parameterOf(uri, 'mode') !== 'memory')
}

/** The last of repeated ones decides. */
function parameterOf({ parameters }: FileUri, name: string): string | undefined {
  return parameters.findLast(([key]) => key === name)?.[1]
}

/** Of what SQLite has attached although it did not tell its name: the file is known nevertheless. */
function unknownName(schema: string): AttachedName {
  return { text: '', uri: undefined, clause: `as ${quoted(schema)}`, parameters: [] }
}

function firstWithout(names: Map<string, string>, others: Map<string, string>): string | undefined {
  return [...names.keys()].find((name) => !others.has(name))
}
