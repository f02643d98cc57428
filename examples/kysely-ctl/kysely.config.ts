import { PooledSqliteDialect } from '@poolclass/dialect'
import { defineConfig } from 'kysely-ctl'

export default defineConfig({
  dialect: new PooledSqliteDialect({
    url: process.env['DATABASE_URL'] ?? 'app.db',
    poolclass: 'QueuePool',
    pragmas: { journal_mode: 'wal', foreign_keys: true },
  }),
})
