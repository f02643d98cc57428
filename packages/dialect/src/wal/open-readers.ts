import type { ConnectionRecord } from '@poolclass/pools'
import type { Connection } from '../connection/connection.ts'
import type { Engine } from '../engine.ts'
import type { Writer } from '../waiting/writer.ts'
import { isOpenReader } from './read-gate.ts'

/** A stream or transaction that keeps its state of the database, so no checkpoint can empty the WAL. */
export interface OpenReader {
  readonly label: string
  /** Where it began, if that was recorded. */
  readonly holder: Error | undefined
  /** The same object while the stream or the transaction is open. */
  readonly identity: object
}

/**
 * The connections with an open stream or transaction.
 *
 * @param writer The one that may write now. It is left out, because the checkpoint waits for its end in the line of writers.
 */
export function openReaders(engines: Iterable<Engine>, writer: Writer | undefined): OpenReader[] {
  return lentBy(engines)
    .filter(({ connection }) => connection !== writer?.connection && isOpenReader(connection))
    .map(({ connection, holder }) => ({ label: connection.label, holder, identity: holder ?? connection }))
}

/** Whether a statement runs in another thread. */
export function isAnyBusy(engines: Iterable<Engine>): boolean {
  return lentBy(engines).some(({ connection }) => connection.isBusy === true)
}

function lentBy(engines: Iterable<Engine>): Lent[] {
  return [...engines].flatMap(({ pool }) => pool.lent().filter(isOpen))
}

type Lent = ConnectionRecord<Connection> & { readonly connection: Connection }

function isOpen(record: ConnectionRecord<Connection>): record is Lent {
  return record.connection !== undefined && record.connection.closed !== true
}
