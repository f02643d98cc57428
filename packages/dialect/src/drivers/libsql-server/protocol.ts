/**
 * Hrana 3 over HTTP with JSON, as far as it is spoken here: what `/v3/pipeline` and `/v3/cursor` take and give. Names are those of
 * the protocol.
 *
 * Source: https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md. Two things are not in it, and are in the
 * server's sources (`libsql-server/src/hrana`): `replication_index`, and which errors have which codes.
 */

/** A stream is known by the baton of its last answer. With `null`, a new one begins. */
export interface PipelineRequest {
  readonly baton: string | null
  readonly requests: readonly StreamRequest[]
}

export interface PipelineResponse {
  /** `null` where the stream has ended. */
  readonly baton: string | null
  /** Where the next request of the stream goes, if elsewhere. */
  readonly base_url: string | null
  /** One for each request, all of which are carried out, whatever becomes of those before. */
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
  /** A replica carries the statement out once it is up to this point of the primary's log. */
  readonly replication_index?: string | undefined
}

export interface Batch {
  readonly steps: readonly BatchStep[]
  readonly replication_index?: string | undefined
}

/** A step whose condition does not hold is passed over. */
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
  /** None for a statement that returns no rows. */
  readonly cols: readonly Column[]
  readonly rows: readonly (readonly Value[])[]
  readonly affected_row_count: number
  /** `null` where nothing was inserted. */
  readonly last_insert_rowid: string | null
  /** How far the server's copy is in the primary's log. */
  readonly replication_index?: string | null
  /** What it has taken the server, in milliseconds. */
  readonly query_duration_ms?: number
}

export interface BatchAnswer {
  /** `null` for a step that has failed, or was passed over. */
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

/** The first line of a cursor. One `CursorEntry` is in each line behind it. */
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

/** What a server says of a baton that it does not know any more. The request was not carried out. */
export function isLostStream(status: number, body: string): boolean {
  return (status === 400 || status === 500) && (body.includes(' baton') || body.includes('STREAM_EXPIRED'))
}
