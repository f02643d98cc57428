import { closeSync, openSync, readSync } from 'node:fs'
import { walSize } from './wal-size.ts'

/** The log in a WAL: all frames since a writer last began the log at the beginning of the file. */
export interface WalLog {
  /** The same two numbers are in the header of the file and in each frame of the log. Each new log has others. */
  readonly salts: bigint
  /** How many pages were written to it. */
  readonly frames: number
  /** How far it reaches into the file. */
  readonly bytes: number
}

/**
 * Reads how long the log is. The size of the file does not tell, because a new log overwrites the old one. “A frame is considered
 * valid if and only if […] the salt-1 and salt-2 values in the frame-header match salt values in the wal-header”,
 * https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 *
 * SQLite locks the database file and the wal-index, but not the WAL. So closing the WAL here drops no lock of SQLite's.
 *
 * @param size The size of the file in bytes, if it is known.
 */
export function readLog(path: string, size: number = walSize(path)): WalLog {
  let file: number
  try {
    file = openSync(`${path}-wal`, 'r')
  } catch {
    return NO_LOG
  }
  try {
    const header = readAt(file, 0, HEADER)
    const salts = header.readBigUInt64BE(SALTS_OF_HEADER)
    const frame = FRAME_HEADER + header.readUInt32BE(PAGE_SIZE)
    const isOfLog = (index: number): boolean =>
      readAt(file, HEADER + index * frame, FRAME_HEADER).readBigUInt64BE(SALTS_OF_FRAME) === salts
    const frames = countWhile(isOfLog, Math.floor((size - HEADER) / frame))
    return { salts, frames, bytes: HEADER + frames * frame }
  } catch {
    return NO_LOG
  } finally {
    closeSync(file)
  }
}

export const NO_LOG: WalLog = { salts: 0n, frames: 0, bytes: 0 }

/** How many of the first `count` indices satisfy `test`. Those that do come before those that do not. */
function countWhile(test: (index: number) => boolean, count: number): number {
  let [least, most] = [0, count]
  while (least < most) {
    const middle = (least + most) >>> 1
    if (test(middle)) least = middle + 1
    else most = middle
  }
  return least
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  readSync(file, bytes, 0, length, position)
  return bytes
}

/** In bytes: the sizes of the headers, and where in them the numbers are. */
const HEADER = 32
const PAGE_SIZE = 8
const SALTS_OF_HEADER = 16
const FRAME_HEADER = 24
const SALTS_OF_FRAME = 8
