/** Tells what came of a backup, and which files are there then. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PooledSqliteDialect } from '@poolclass/dialect'

const [, , url = '', directory = ''] = process.argv
const code = await new PooledSqliteDialect(url).backup(join(directory, 'backup.db')).then(
  () => 'none',
  (error: Error & { code?: string }) => error.code,
)
console.log(JSON.stringify({ code, files: readdirSync(directory) }))
