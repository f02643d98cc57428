/** Writes to `note` without a pause until it is told to end. Prints `writing` after its first write. Argument: the file. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PlainDatabase } from '../../support/plain-database.ts'

const [filename = ''] = process.argv.slice(2)
const database = new PlainDatabase(filename, { timeout: 60_000 })
database.pragma('synchronous = off')
const update = database.prepare('update note set version = version + 1 where id >= ? and id < ?')
const end = new AbortController()
process.stdin.once('data', () => end.abort())

for (let n = 0; !end.signal.aborted; n += 1) {
  const first = (n * 700) % 2000
  update.run(first, first + 600)
  if (n === 0) console.log('writing')
  // It hears that it is to end.
  if (n % 100 === 0) await nextTurn()
}
database.close()
process.stdin.destroy()
