import type { ConnectionRecord } from '@poolclass/pools'
import type { Connection } from '../connection/connection.ts'
import type { Engine } from '../engine.ts'
import type { Holder } from '../waiting/nested-use.ts'

/** Somebody who holds on to a state of the database, and so to the WAL. */
export interface OpenReader {
  readonly label: string
  /** Where it began, as far as that was noted. */
  readonly holder: Error | undefined
  /** The same for as long as the stream or the transaction goes on. */
  readonly identity: object
}

/**
 * Those who have a stream or a transaction open.
 *
 * @param writer The one whose turn it is to write. The checkpoint waits for its end among the writers.
 */
export function openReaders(engines: Iterable<Engine>, writer: Holder | undefined): OpenReader[] {
  return lentBy(engines)
    .filter(({ connection }) => connection !== writer?.connection && holdsOn(connection))
    .map(({ connection, holder }) => ({ label: connection.label, holder, identity: holder ?? connection }))
}

/** Whether a statement runs in another thread. */
export function isAnyBusy(engines: Iterable<Engine>): boolean {
  return lentBy(engines).some(({ connection }) => connection.isBusy === true)
}

function holdsOn(connection: Connection): boolean {
  return connection.isReading || connection.inTransaction
}

function lentBy(engines: Iterable<Engine>): Lent[] {
  return [...engines].flatMap(({ pool }) => pool.lent().filter(isOpen))
}

type Lent = ConnectionRecord<Connection> & { readonly connection: Connection }

function isOpen(record: ConnectionRecord<Connection>): record is Lent {
  return record.connection !== undefined && record.connection.closed !== true
}
