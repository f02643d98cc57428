/**
 * Reads a database with hardly a pause, each time for 20 ms, until it is told to end. Prints `reading` after its first
 * read. Argument: the file.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { PlainDatabase } from '../../support/plain-database.ts'

const READ_TIME = 20

const [filename = ''] = process.argv.slice(2)
const database = new PlainDatabase(filename, { timeout: 60_000 })
const rows = database.prepare('select id from counter')
const nap = new Int32Array(new SharedArrayBuffer(4))
const end = new AbortController()
process.stdin.once('data', () => end.abort())

for (let reads = 0; !end.signal.aborted; reads += 1) {
  for (const _ of rows.iterate()) {
    Atomics.wait(nap, 0, 0, READ_TIME)
    break
  }
  if (reads === 0) console.log('reading')
  await delay(1)
}
database.close()
process.stdin.destroy()
