/**
 * The part of Hrana 3 over HTTP with JSON that this driver uses: the requests and answers of `/v3/pipeline` and `/v3/cursor`. The
 * names are those of the protocol.
 *
 * Source: https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md. Two things are only in the
 * server's sources (`libsql-server/src/hrana`): `replication_index`, and which errors have which codes.
 */

/** The baton of the last answer identifies the stream. With `null`, a new stream begins. */
export interface PipelineRequest {
  readonly baton: string | null
  readonly requests: readonly StreamRequest[]
}

export interface PipelineResponse {
  /** `null` if the stream has ended. */
  readonly baton: string | null
  /** The URL for the next request of the stream, if it is another one. */
  readonly base_url: string | null
  /** One for each request. All requests are carried out, even if earlier ones fail. */
  readonly results: readonly StreamResult[]
}

export type StreamRequest =
  | { readonly type: 'execute'; readonly stmt: Statement }
  | { readonly type: 'batch'; readonly batch: Batch }
  | { readonly type: 'describe'; readonly sql: string; readonly replication_index?: string | undefined }
  | { readonly type: 'get_autocommit' }
  | { readonly type: 'close' }

export type StreamResult =
  | { readonly type: 'ok'; readonly response: StreamResponse }
  | { readonly type: 'error'; readonly error: ProtocolError }

export type StreamResponse =
  | { readonly type: 'execute'; readonly result: StatementAnswer }
  | { readonly type: 'batch'; readonly result: BatchAnswer }
  | { readonly type: 'describe'; readonly result: Description }
  | { readonly type: 'get_autocommit'; readonly is_autocommit: boolean }
  | { readonly type: 'close' }

export interface Statement {
  readonly sql: string
  readonly args: readonly Value[]
  /** A replica carries the statement out once it has reached this point of the primary's log. */
  readonly replication_index?: string | undefined
}

export interface Batch {
  readonly steps: readonly BatchStep[]
  readonly replication_index?: string | undefined
}

/** The server skips a step if its condition does not hold. */
export interface BatchStep {
  readonly stmt: Statement
  readonly condition?: Condition | undefined
}

export type Condition =
  | { readonly type: 'ok'; readonly step: number }
  | { readonly type: 'not'; readonly cond: Condition }
  | { readonly type: 'and'; readonly conds: readonly Condition[] }
  | { readonly type: 'is_autocommit' }

export interface StatementAnswer {
  /** Empty for a statement that returns no rows. */
  readonly cols: readonly Column[]
  readonly rows: readonly (readonly Value[])[]
  readonly affected_row_count: number
  /** `null` if nothing was inserted. */
  readonly last_insert_rowid: string | null
  /** The position of the server's copy in the primary's log. */
  readonly replication_index?: string | null
  /** How long the statement took on the server, in milliseconds. */
  readonly query_duration_ms?: number
}

export interface BatchAnswer {
  /** `null` for a step that failed or was skipped. */
  readonly step_results: readonly (StatementAnswer | null)[]
  readonly step_errors: readonly (ProtocolError | null)[]
  readonly replication_index?: string | null
}

interface Column {
  readonly name: string | null
}

interface Description {
  readonly cols: readonly Column[]
  readonly is_readonly: boolean
}

export interface ProtocolError {
  readonly message: string
  readonly code?: string | null
}

export interface CursorRequest {
  readonly baton: string | null
  readonly batch: Batch
}

/** The first line of a cursor. Each line after it has one `CursorEntry`. */
export interface CursorResponse {
  readonly baton: string | null
  readonly base_url: string | null
}

export type CursorEntry =
  | { readonly type: 'step_begin'; readonly step: number; readonly cols: readonly Column[] }
  | {
      readonly type: 'step_end'
      readonly affected_row_count: number
      readonly last_insert_rowid: string | null
    }
  | { readonly type: 'step_error'; readonly step: number; readonly error: ProtocolError }
  | { readonly type: 'row'; readonly row: readonly Value[] }
  | { readonly type: 'error'; readonly error: ProtocolError }
  | { readonly type: 'replication_index'; readonly replication_index: number | string | null }

/** An integer has all its digits. JSON has no infinity, so an infinite float arrives as `null`. */
export type Value =
  | { readonly type: 'null' }
  | { readonly type: 'integer'; readonly value: string }
  | { readonly type: 'float'; readonly value: number | null }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'blob'; readonly base64: string }

/** Whether the server answers that it does not know the baton any more. It has not carried out the request then. */
export function isLostStream(status: number, body: string): boolean {
  return (status === 400 || status === 500) && (body.includes(' baton') || body.includes('STREAM_EXPIRED'))
}
