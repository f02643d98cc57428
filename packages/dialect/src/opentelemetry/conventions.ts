import { kindOf } from '../errors/error-kind.ts'

/**
 * The names of OpenTelemetry's semantic conventions for database clients, https://opentelemetry.io/docs/specs/semconv/database/
 *
 * Their package is not needed for a dozen texts.
 */
export const SYSTEM_NAME = 'db.system.name'
export const NAMESPACE = 'db.namespace'
export const OPERATION_NAME = 'db.operation.name'
export const QUERY_TEXT = 'db.query.text'
export const RETURNED_ROWS = 'db.response.returned_rows'
const STATUS_CODE = 'db.response.status_code'
const ERROR_TYPE = 'error.type'
export const POOL_NAME = 'db.client.connection.pool.name'
export const STATE = 'db.client.connection.state'
export const SQLITE = 'sqlite'

/** A histogram of seconds with the buckets that the conventions recommend for the duration of an operation. */
export function inSeconds(description: string): {
  readonly unit: 's'
  readonly description: string
  readonly advice: { explicitBucketBoundaries: number[] }
} {
  const explicitBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
  return { unit: 's', description, advice: { explicitBucketBoundaries } }
}

/** The attributes of something that failed; none for what did not. */
export function errorAttributes(error: unknown): Record<string, string> {
  if (error === undefined) return {}
  const kind = kindOf(error) ?? '_OTHER'
  return { [ERROR_TYPE]: kind, ...(kind.startsWith('SQLITE_') && { [STATUS_CODE]: kind }) }
}
