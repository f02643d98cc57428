/** Holds the write lock of a database until it is told something. Arguments: the file, the statement that locks. */
import { once } from 'node:events'
import { PlainDatabase } from '../../support/plain-database.ts'

const [filename = '', begin = 'begin immediate'] = process.argv.slice(2)
const database = new PlainDatabase(filename)
database.exec(begin)
console.log('locked')
await once(process.stdin, 'data')
database.exec('rollback')
database.close()
process.stdin.destroy()
