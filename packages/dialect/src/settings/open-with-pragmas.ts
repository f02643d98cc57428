import type { MaybePromise } from '@poolclass/pools'
import { pragmaAssignment, pragmaValue, rejectUnkept } from '../config/pragma-assignment.ts'
import type { ConfigPragma } from '../config/pragmas.ts'
import type { Connection } from '../connection/connection.ts'
import type { DriverDatabase } from '../drivers/driver.ts'
import { FILE_PRAGMAS } from './connection-pragmas.ts'
import { isBusy, type WhileBusy } from '../waiting/busy.ts'

/**
 * Opens a connection with its pragmas, up to the busy timeout.
 *
 * A pragma that writes to the file, such as `journal_mode = wal`, may find it locked. It is tried again on the same connection,
 * which can take the lock ahead: a new connection for each attempt would lose to others that read all the time.
 *
 * @param pragmas Those of the config, in their order.
 */
export function openWithPragmas(
  database: DriverDatabase,
  label: string,
  pragmas: readonly ConfigPragma[],
  whileBusy: WhileBusy,
): MaybePromise<Connection> {
  const openLater = (refusal: unknown): Promise<Connection> => {
    if (!isBusy(refusal)) throw refusal
    return openOnceFree(database, label, pragmas, whileBusy)
  }
  try {
    const opened = database.open(label)
    return opened instanceof Promise ? opened.catch(openLater) : opened
  } catch (refusal) {
    return openLater(refusal)
  }
}

async function openOnceFree(
  database: DriverDatabase,
  label: string,
  pragmas: readonly ConfigPragma[],
  whileBusy: WhileBusy,
): Promise<Connection> {
  const first = pragmas.findIndex(writesToFile)
  if (first === -1) return await whileBusy(() => database.open(label))
  const connection = await whileBusy(() => database.open(label, pragmas.slice(0, first)))
  try {
    for (const pragma of pragmas.slice(first)) {
      // oxlint-disable-next-line no-await-in-loop -- in their order
      await setPragma(connection, pragma, whileBusy)
    }
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

async function setPragma(connection: Connection, pragma: ConfigPragma, whileBusy: WhileBusy): Promise<void> {
  const execute = async (source: string, writes: boolean): Promise<unknown> => {
    const sql = `pragma ${source}`
    const { rows } = await whileBusy(() => connection.execute(sql, []), { connection, sql, writes })
    return pragmaValue(rows)
  }
  const said = await execute(pragmaAssignment(pragma), writesToFile(pragma))
  if (pragma.value.reads !== undefined) rejectUnkept(pragma, said ?? (await execute(pragma.name, false)))
}

function writesToFile({ name }: ConfigPragma): boolean {
  return FILE_PRAGMAS.has(name.slice(name.indexOf('.') + 1).toLowerCase())
}
