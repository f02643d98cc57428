// Builds a dialect and opens nothing.
import { createRequire } from 'node:module'
import { PooledSqliteDialect } from '@poolclass/dialect'

const { location } = new PooledSqliteDialect({ url: 'app.db', pragmas: { journal_mode: 'wal' } })
const files = Object.keys(createRequire(import.meta.url).cache)
const loaded = files.filter((file) => file.includes('better-sqlite3'))
process.stdout.write(JSON.stringify({ kind: location.kind, loaded }))
