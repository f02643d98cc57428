import type { MaybePromise } from '@poolclass/pools'
import { DialectConfigError } from '../errors/config-errors.ts'

/** A statement whose rows are read step by step. */
export interface RowReader {
  /**
   * Up to `count` further rows, and fewer only at the end.
   *
   * @throws StreamEndedError where the connection has ended it.
   */
  read(count: number): MaybePromise<unknown[]>
  /** Frees the statement. */
  close(): MaybePromise<void>
}

/** Reads to the end in chunks of `chunkSize` rows; leaving the loop early closes the reader. */
export async function* inChunks(
  open: () => MaybePromise<RowReader>,
  chunkSize: number,
): AsyncIterableIterator<unknown[]> {
  if (!Number.isInteger(chunkSize) || chunkSize < 1) {
    throw new DialectConfigError(
      'chunkSize',
      `A stream reads a whole number of rows at a time, 1 or more, not ${chunkSize}.`,
    )
  }
  const reader = await open()
  try {
    for (;;) {
      const read = reader.read(chunkSize)
      const chunk = read instanceof Promise ? await read : read
      if (chunk.length > 0) yield chunk
      if (chunk.length < chunkSize) return
    }
  } finally {
    await reader.close()
  }
}
