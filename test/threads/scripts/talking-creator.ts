/** Opens a database that says what it does. */
import BetterSqlite3, { type Database } from 'better-sqlite3'

console.log('module')

export default function open(): Database {
  console.log('open: 1')
  console.log('open: 2')
  const database = new BetterSqlite3(':memory:', { verbose: console.log })
  database.function('say', (text, count) => {
    for (let n = 1; n <= Number(count); n += 1) console.log(`${String(text)}: ${n}`)
    return count
  })
  database.function('warn', (text) => {
    console.error(String(text))
    return text
  })
  database.function('exit_thread', () => process.exit(7))
  database.function('hold', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
  return database
}
