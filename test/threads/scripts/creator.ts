/** Opens a database as the package does, with functions that tell of their thread, or end it. */
import type { CreatedDatabase, SqliteLocation } from '@poolclass/dialect'
import { existsSync, writeFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import { handleOf, PlainDatabase } from '../../support/plain-database.ts'

const still = new Int32Array(new SharedArrayBuffer(4))
let produced = 0

export default function open(location: SqliteLocation): CreatedDatabase {
  const database = new PlainDatabase(fileNameOf(location))
  database.function('thread_id', () => threadId)
  database.function('exit_thread', () => process.exit(7))
  database.function('use_all_memory', useAllMemory)
  database.function('sleep', sleep)
  database.function('sleep_noticed', (path, milliseconds) => {
    writeFileSync(String(path), '')
    return sleep(milliseconds)
  })
  database.function('hold', hold)
  database.function('produce', (value) => {
    produced += 1
    return value
  })
  database.function('produced', () => produced)
  database.function('fail', (message) => {
    throw new Error(String(message))
  })
  database.function('fail_with_code', (message) => {
    throw Object.assign(new RangeError(String(message)), { code: 'ERR_OWN' })
  })
  database.function('throw_no_error', () => {
    throw Object.create(null)
  })
  database.function('throw_this', (expression) => {
    // oxlint-disable-next-line no-eval -- the test says what
    throw (0, eval)(String(expression))
  })
  database.function('misuse', () => (undefined as unknown as Date).getTime())
  database.function('gives_object', () => ({}))
  return handleOf(database)
}

function fileNameOf(location: SqliteLocation): string {
  switch (location.kind) {
    case 'file':
      return location.path
    case 'shared-memory':
      return `file:/${encodeURIComponent(location.name)}?vfs=memdb`
    default:
      return ':memory:'
  }
}

function sleep(milliseconds: unknown): unknown {
  Atomics.wait(still, 0, 0, Number(milliseconds))
  return milliseconds
}

/** Notices that it has begun, as `sleep_noticed` does, and keeps its thread until it is told to end. */
function hold(path: unknown): number {
  writeFileSync(String(path), '')
  while (existsSync(String(path)) && !existsSync(`${String(path)}-end`)) sleep(1)
  return 1
}

function useAllMemory(): never {
  const kept: object[] = []
  for (;;) kept.push(Array.from({ length: 1000 }, (_, index) => ({ index })))
}
