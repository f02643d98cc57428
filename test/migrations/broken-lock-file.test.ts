import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { migrate, migratorOf } from './migrator.ts'

test.each<readonly [what: string, make: (path: string) => void, code: string]>([
  ['is a directory', (path) => mkdirSync(path), 'SQLITE_CANTOPEN'],
  ['is no database', (path) => writeFileSync(path, 'no database at all, '.repeat(100)), 'SQLITE_NOTADB'],
])('a lock file that %s fails the migration, and keeps no later one waiting', async (_, make, code) => {
  const file = join(temporaryDirectory(), 'app.db')
  const { db, dialect } = open(file)
  const lockFile = `${file}-migration-lock`
  make(lockFile)
  const migrator = migratorOf(db, {
    a: (on) => on.schema.createTable('t').addColumn('a', 'integer').execute(),
  })
  await expect(migrate(migrator)).rejects.toMatchObject({ code })
  expect(await db.introspection.getTables()).toEqual([])
  rmSync(lockFile, { recursive: true })
  expect(await migrate(migrator)).toEqual(['a'])
  expect(dialect.pool.status().checkedOut).toBe(0)
})
