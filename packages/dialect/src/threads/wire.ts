import type { Opening } from '../drivers/local/opening.ts'
import type { PackedError } from './packed-error.ts'
import type { PackedRows } from './packed-rows.ts'
import type { Command, Outcome, PartOutcome, Reply, Request, RowsOutcome } from './protocol.ts'

/**
 * How requests and replies travel: as lists, whose positions this file alone knows. The names of properties would travel
 * with each object, which takes a tenth of the time of a point select.
 */
export type WireRequest = readonly [id: number, connection: number, ...command: WireCommand]

type WireCommand =
  | readonly ['open', opening: Opening, label: string, cancelled: SharedArrayBuffer]
  | readonly ['inspect', sql: string]
  | readonly ['execute', sql: string, parameters: readonly unknown[], cancellable: boolean]
  | readonly [
      'stream',
      sql: string,
      parameters: readonly unknown[],
      reader: number,
      cancelled: SharedArrayBuffer,
    ]
  | readonly ['read', reader: number, chunkSize: number, chunks: number]
  | readonly ['end', reader: number]
  | readonly ['copy', file: string, pagesPerStep: number, words: SharedArrayBuffer]
  | readonly ['close']

export type WireReply = readonly [id: number, inTransaction: boolean, ...outcome: WireOutcome]

type WireOutcome =
  | readonly ['done']
  | readonly ['inspected', readonly: boolean, reader: boolean]
  | readonly ['run', changes: number, lastInsertRowid: number | bigint]
  | readonly ['rows', rows: PackedRows, isAtEnd: boolean]
  | readonly ['part', rows: PackedRows]
  | readonly ['error', error: PackedError]

export function packRequest(id: number, connection: number, command: Command): WireRequest {
  const { kind } = command
  switch (kind) {
    case 'open':
      return [id, connection, kind, command.opening, command.label, command.cancelled]
    case 'inspect':
      return [id, connection, kind, command.sql]
    case 'execute':
      return [id, connection, kind, command.sql, command.parameters, command.cancellable]
    case 'stream':
      return [id, connection, kind, command.sql, command.parameters, command.reader, command.cancelled]
    case 'read':
      return [id, connection, kind, command.reader, command.chunkSize, command.chunks]
    case 'end':
      return [id, connection, kind, command.reader]
    case 'copy':
      return [id, connection, kind, command.file, command.pagesPerStep, command.words]
    case 'close':
      return [id, connection, kind]
  }
}

export function unpackRequest(wire: WireRequest): Request {
  const [id, connection] = wire
  return { id, connection, command: commandOf(wire) }
}

function commandOf(wire: WireRequest): Command {
  switch (wire[2]) {
    case 'open': {
      const [, , kind, opening, label, cancelled] = wire
      return { kind, opening, label, cancelled }
    }
    case 'inspect': {
      const [, , kind, sql] = wire
      return { kind, sql }
    }
    case 'execute': {
      const [, , kind, sql, parameters, cancellable] = wire
      return { kind, sql, parameters, cancellable }
    }
    case 'stream': {
      const [, , kind, sql, parameters, reader, cancelled] = wire
      return { kind, sql, parameters, reader, cancelled }
    }
    case 'read': {
      const [, , kind, reader, chunkSize, chunks] = wire
      return { kind, reader, chunkSize, chunks }
    }
    case 'end': {
      const [, , kind, reader] = wire
      return { kind, reader }
    }
    case 'copy': {
      const [, , kind, file, pagesPerStep, words] = wire
      return { kind, file, pagesPerStep, words }
    }
    case 'close':
      return { kind: 'close' }
  }
}

export function packReply({ id, inTransaction, outcome }: Reply): WireReply {
  const { kind } = outcome
  switch (kind) {
    case 'done':
      return [id, inTransaction, kind]
    case 'inspected':
      return [id, inTransaction, kind, outcome.statement.readonly, outcome.statement.reader]
    case 'run':
      return [id, inTransaction, kind, outcome.changes, outcome.lastInsertRowid]
    case 'rows':
      return [id, inTransaction, kind, outcome.rows, outcome.isAtEnd]
    case 'part':
      return [id, inTransaction, kind, outcome.rows]
    case 'error':
      return [id, inTransaction, kind, outcome.error]
  }
}

export function unpackReply(wire: WireReply): Reply {
  const [id, inTransaction] = wire
  return { id, inTransaction, outcome: outcomeOf(wire) }
}

function outcomeOf(wire: WireReply): Outcome | RowsOutcome<PackedRows> | PartOutcome {
  switch (wire[2]) {
    case 'done':
      return { kind: 'done' }
    case 'inspected': {
      const [, , kind, readonly, reader] = wire
      return { kind, statement: { readonly, reader } }
    }
    case 'run': {
      const [, , kind, changes, lastInsertRowid] = wire
      return { kind, changes, lastInsertRowid }
    }
    case 'rows': {
      const [, , kind, rows, isAtEnd] = wire
      return { kind, rows, isAtEnd }
    }
    case 'part': {
      const [, , kind, rows] = wire
      return { kind, rows }
    }
    case 'error': {
      const [, , kind, error] = wire
      return { kind, error }
    }
  }
}
