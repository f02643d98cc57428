import { describe } from '../describe.ts'
import type { Engine } from '../engine.ts'
import { RestoreError } from '../errors/backup-errors.ts'
import { Checkout } from '../session/checkout.ts'
import { Waits } from '../session/waits.ts'
import { type BusyWait, untilNotBusy } from '../waiting/busy.ts'
import { filePath, NO_FILE_PATH } from './file-path.ts'
import { waitForItself } from './wait-for-itself.ts'

/** Gives a memory database the content of a file. */
export async function restore(
  engine: Engine,
  source: string | URL,
  from: (...args: never[]) => unknown,
): Promise<void> {
  const { kind } = engine.config.location
  const path = filePath(source)
  if (path === undefined) throw new RestoreError(describe(source), `The source ${NO_FILE_PATH}`)
  if (kind === 'file') throw new RestoreError(path, FOR_MEMORY + HOW_TO_RESTORE_A_FILE)
  if (kind === 'server') throw new RestoreError(path, `${FOR_MEMORY}A libSQL server loads files itself.`)
  if (kind === 'temporary') throw new RestoreError(path, `${FOR_MEMORY}Use ':memory:'.`)
  const why = waitForItself(engine, kind === 'memory' ? 'connection' : 'write lock')
  if (why !== undefined) throw new RestoreError(path, why)
  await engine.runTask(async (destroyed) => {
    const { database } = engine
    const wait = (): BusyWait => engine.busyWait(undefined, destroyed)
    if (kind === 'shared-memory') await untilNotBusy(() => database.fillMemory(path), wait)
    else
      await replaceMemory(engine, () => untilNotBusy(() => database.seedMemory(path), wait), destroyed, from)
  })
}

/** Private memory is its connection: the one that comes next has the content. Nobody may be in the middle of something. */
async function replaceMemory(
  engine: Engine,
  seed: () => Promise<void>,
  signal: AbortSignal,
  from: (...args: never[]) => unknown,
): Promise<void> {
  const checkout = new Checkout(engine, new Waits(engine))
  checkout.markTaken('dialect.restore()', from)
  await checkout.take(signal)
  try {
    await seed()
    await checkout.giveBack({ because: 'it is replaced by a database that was restored' })
    await checkout.take(signal)
  } finally {
    await checkout.giveBack()
  }
}

const FOR_MEMORY = 'Only a memory database can be filled from a file. '

const HOW_TO_RESTORE_A_FILE =
  'To restore a file, end every process that has it open, remove the files beside it that end with -wal, -shm and -journal, ' +
  'and put the backup in its place.'
