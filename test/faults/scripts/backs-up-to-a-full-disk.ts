/** Tells what came of a backup, and which files are there then. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PooledSqliteDialect } from '@poolclass/dialect'
import { testedDriver } from '../../support/driver.ts'

const [, , url = '', directory = ''] = process.argv
const code = await new PooledSqliteDialect({ url, driver: testedDriver })
  .backup(join(directory, 'backup.db'))
  .then(
    () => 'none',
    (error: Error & { code?: string }) => error.code,
  )
console.log(JSON.stringify({ code, files: readdirSync(directory) }))
