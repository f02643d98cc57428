import { betterAuth } from 'better-auth'
import type { Kysely } from 'kysely'
import { hash, verify } from './password.ts'

export interface Tables {
  user: { id: string; email: string }
  account: { id: string; userId: string }
  session: { id: string; userId: string }
}

export type Auth = ReturnType<typeof newAuth>

export function newAuth(db: Kysely<Tables>) {
  return betterAuth({
    baseURL: 'http://localhost:3000',
    secret: 'of this example, which keeps no secrets',
    database: { db, type: 'sqlite', transaction: true },
    emailAndPassword: { enabled: true, password: { hash, verify } },
  })
}
