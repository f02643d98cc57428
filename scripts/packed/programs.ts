import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const BODY = readFileSync(new URL('app/quick-start.js', import.meta.url), 'utf8')

const HEADS = {
  'quick-start.mjs': `import { isSqliteError, Pool, PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'`,
  'quick-start.cjs': `const { isSqliteError, Pool, PooledSqliteDialect } = require('@poolclass/dialect')
const { Kysely, sql } = require('kysely')`,
}

export const PROGRAMS = ['quick-start.mjs', 'quick-start.cjs'] as const

/** Writes the quick start into a project, once with `import` and once with `require`. */
export function writePrograms(project: string): void {
  for (const name of PROGRAMS) writeFileSync(join(project, name), `${HEADS[name]}\n${BODY}`)
}
