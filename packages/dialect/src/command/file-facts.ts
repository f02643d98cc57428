import { closeSync, existsSync, openSync, readSync, type Stats, statfsSync, statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { FileLocation } from '../index.ts'

/** What a database file is, before SQLite opens it. */
export interface FileFacts {
  readonly bytes: number
  /** Undefined without a WAL file. */
  readonly walBytes: number | undefined
  /** Whether it is in WAL mode. Undefined where the header is not that of a SQLite database, as in an encrypted one. */
  readonly isWal: boolean | undefined
  /** The file system, where it is on another machine. */
  readonly network: string | undefined
  /** It may have a WAL, and nobody has it open. */
  readonly isUnused: boolean
}

/**
 * Only for a process that has the file not open yet: the end of this reading drops the locks that SQLite holds on it.
 *
 * @throws what Node.js throws where the file is missing or cannot be read.
 */
export function fileFacts(path: string): FileFacts {
  const wal = `${path}-wal`
  const found = statSync(path)
  // To open a pipe would wait for who writes to it.
  if (!found.isFile()) throw new Error(`${path} is ${kindOf(found)}, not a file.`)
  const walBytes = existsSync(wal) ? statSync(wal).size : undefined
  const isWal = saysWal(headerOf(path))
  return {
    bytes: found.size,
    walBytes,
    isWal,
    network: NETWORKS.get(statfsSync(path).type),
    isUnused: isWal !== false && (walBytes === undefined || (walBytes === 0 && !existsSync(`${path}-shm`))),
  }
}

/**
 * A URL that opens the file and changes nothing on disk.
 *
 * SQLite creates the files of a WAL even for a reader. Where a WAL is missing, or is empty and has no index, nobody has the
 * database open, so nothing changes it meanwhile and `immutable` is true.
 */
export function readOnlyUrl({ path, vfs }: FileLocation, { isUnused }: FileFacts): string {
  const url = pathToFileURL(path)
  url.searchParams.set('mode', 'ro')
  if (isUnused) url.searchParams.set('immutable', '1')
  if (vfs !== undefined) url.searchParams.set('vfs', vfs)
  return url.href
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a directory'
  return found.isFIFO() ? 'a pipe' : 'a device or a socket'
}

function headerOf(path: string): Buffer {
  const bytes = Buffer.alloc(20)
  const file = openSync(path, 'r')
  try {
    readSync(file, bytes, 0, bytes.length, 0)
  } finally {
    closeSync(file)
  }
  return bytes
}

/** Source: https://www.sqlite.org/fileformat2.html#the_database_header */
function saysWal(header: Buffer): boolean | undefined {
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') return undefined
  return header[18] === 2
}

/** Source: https://man7.org/linux/man-pages/man2/statfs.2.html */
const NETWORKS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x65735546, 'FUSE'],
])
