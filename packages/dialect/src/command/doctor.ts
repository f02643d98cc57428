import { Kysely } from 'kysely'
import {
  type DatabaseCheck,
  explain,
  type Explanation,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
  type SqliteLocation,
} from '../index.ts'
import { type FileFacts, fileFacts, readOnlyUrl } from './file-facts.ts'
import { type Examined, type Finding, findingsOf, problem } from './findings.ts'
import { lockWait } from './lock-wait.ts'
import { damagesOf, type SchemaFacts, schemaFacts } from './schema-facts.ts'

/** What is known of a database, and what to do about it. */
export interface Diagnosis {
  readonly explanation: Explanation
  /** Absent where it is no file, or none that can be read. */
  readonly file?: FileFacts
  /** Absent where it cannot be read, as is `schema`. */
  readonly check?: DatabaseCheck
  readonly schema?: SchemaFacts
  /** The weightiest first. */
  readonly findings: readonly Finding[]
  /** There is no problem among the findings. */
  readonly isHealthy: boolean
}

/**
 * Examines a database by reading, and by a short wait for the write lock of a file. Nothing on disk changes.
 *
 * @param isFull It reads every page of the file too.
 */
export async function doctor(config: PooledSqliteDialectConfig, isFull: boolean): Promise<Diagnosis> {
  const explanation = explain(config)
  const { error, pool } = explanation
  if (error !== undefined) return { explanation, ...concluded([problem(error.message, `See ${error.docs}`)]) }
  const { location } = new PooledSqliteDialect(config)
  let file: FileFacts | undefined
  try {
    if (location.kind === 'file') file = fileFacts(location.path)
    const mayBeLocked = file?.isUnused === false
    const read = await readBy(onlyReading(config, location, file), isFull, mayBeLocked)
    const { check, schema } = read
    const findings = findingsOf({ config, pool: pool!, file, ...read })
    return { explanation, ...(file && { file }), check, schema, ...concluded(findings) }
  } catch (cause) {
    return { explanation, ...(file && { file }), ...concluded([unreadable(cause, file)]) }
  }
}

function concluded(findings: readonly Finding[]): Pick<Diagnosis, 'findings' | 'isHealthy'> {
  return { findings, isHealthy: findings.every(({ kind }) => kind === 'advice') }
}

async function readBy(
  config: PooledSqliteDialectConfig,
  isFull: boolean,
  mayBeLocked: boolean,
): Promise<Pick<Examined, 'check' | 'schema' | 'damages' | 'lockWait'>> {
  const dialect = new PooledSqliteDialect(config)
  const db = new Kysely<unknown>({ dialect })
  try {
    return {
      check: await dialect.check(),
      schema: await schemaFacts(db),
      lockWait: mayBeLocked ? await lockWait(config, db) : undefined,
      damages: isFull ? await damagesOf(db) : [],
    }
  } finally {
    await db.destroy()
  }
}

/** The same database, and nothing of the config that would change it. */
function onlyReading(
  { url, driver, key, extensions, pragmas, connectArgs }: PooledSqliteDialectConfig,
  location: SqliteLocation,
  file: FileFacts | undefined,
): PooledSqliteDialectConfig {
  const server = location.kind === 'server' && { connectArgs }
  const readOnly = location.kind === 'file' && file && { url: readOnlyUrl(location, file) }
  const enforcing = pragmas?.['foreign_keys']
  return {
    url,
    driver,
    key,
    extensions,
    ...server,
    ...readOnly,
    ...(enforcing !== undefined && { pragmas: { foreign_keys: enforcing } }),
  }
}

function unreadable(error: unknown, file: FileFacts | undefined): Finding {
  const { code, message } = error as { code?: string; message: string }
  const what = `It cannot be read. ${message}`
  switch (code) {
    case 'ENOENT':
      return problem(
        what,
        'Check the path, and the working directory. The first query would create an empty database there.',
      )
    case 'SQLITE_NOTADB':
      return problem(
        what,
        'It is not a SQLite database, or it is encrypted. For an encrypted one, pass a file with a config that has driver and key.',
      )
    case 'SQLITE_CORRUPT':
      return problem(what, 'Restore a backup, or save what is left with `.recover` of the sqlite3 shell.')
    case 'SQLITE_CANTOPEN':
      if (file?.walBytes === undefined) break
      return problem(
        what,
        'SQLite reads its WAL only for a user who may write to the directory, or while another program has the database open. Run doctor as that user, or while that program runs.',
      )
  }
  return problem(what, 'Remove the cause that this error names.')
}
