import type { PooledSqliteDialect } from '@poolclass/dialect'
import { betterAuth } from 'better-auth'
import { hash, verify } from './password.ts'

export type Auth = ReturnType<typeof newAuth>

export function newAuth(dialect: PooledSqliteDialect) {
  return betterAuth({
    baseURL: 'http://localhost:3000',
    secret: 'of this example, which keeps no secrets',
    database: { dialect, type: 'sqlite', transaction: true },
    emailAndPassword: { enabled: true, password: { hash, verify } },
  })
}
