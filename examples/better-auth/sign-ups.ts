/**
 * better-auth over this dialect: 32 people sign up at once, while somebody who has done so already uses the application.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/better-auth/sign-ups.ts`.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { getMigrations } from 'better-auth/db/migration'
import { Kysely, sql } from 'kysely'
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { printStep, printTable } from '../print.ts'
import { newAuth, type Auth, type Tables } from './auth.ts'

const PEOPLE = 32
const TWINS = 8

interface Measurement {
  readonly database: string
  readonly poolclass: string
  readonly signUpsMs: number
  readonly reads: number
  readonly longestReadMs: number
}

await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-better-auth-'))
printStep(
  `${PEOPLE} sign-ups in parallel`,
  'Each sign-up is a transaction: a user, an account with a hashed password, a session. Meanwhile Ada, who has signed ' +
    'up before, loads a page again and again, and each page reads her session.',
)
const pragmas = { journal_mode: 'wal', synchronous: 'normal' }
const file = await signUp('a file', { url: join(folder.path, 'app.db'), poolclass: 'QueuePool', pragmas })
const memory = await signUp(':memory:', { url: ':memory:' })
printTable(
  ['database', 'pool class', 'sign-ups, ms', 'sessions read meanwhile', 'longest read, ms'],
  [file, memory].map((row) => [row.database, row.poolclass, row.signUpsMs, row.reads, row.longestReadMs]),
)
printStep(
  'What this shows',
  'On the file, Ada reads on a connection of her own and waits for nobody. A private memory database has one ' +
    'connection, so she waits until those before her have signed up. That is right for tests.',
)

async function signUp(database: string, config: PooledSqliteDialectConfig): Promise<Measurement> {
  const dialect = new PooledSqliteDialect(config)
  const db = new Kysely<Tables>({ dialect })
  const auth = newAuth(db)
  const { runMigrations } = await getMigrations(auth.options)
  await runMigrations()

  const ada = await cookieOf(auth, 'ada@example.com')
  const start = performance.now()
  const signUps = Promise.all(
    Array.from({ length: PEOPLE }, (_, n) => cookieOf(auth, `person-${n}@example.com`)),
  )
  const { reads, longestReadMs } = await readSession(auth, ada, signUps)
  const signUpsMs = Math.round(performance.now() - start)

  for (const [n, cookie] of (await signUps).entries())
    assert.equal(await emailOf(auth, cookie), `person-${n}@example.com`)
  await signUpTwins(auth)
  await failHalfWay(auth, db)
  const expected = PEOPLE + 2
  for (const table of ['user', 'account', 'session'] as const)
    assert.equal((await db.selectFrom(table).select('id').execute()).length, expected, table)
  await db.destroy()
  const { poolclass, opened, closed } = dialect.pool.status()
  assert.equal(closed, opened)
  return { database, poolclass, signUpsMs, reads, longestReadMs }
}

/** Signs up, and answers as a browser would keep it. */
async function cookieOf(auth: Auth, email: string): Promise<string> {
  const { headers } = await auth.api.signUpEmail({
    body: { name: 'Somebody', email, password: 'correct horse battery staple' },
    returnHeaders: true,
  })
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}

async function emailOf(auth: Auth, cookie: string): Promise<string | undefined> {
  const session = await auth.api.getSession({ headers: new Headers({ cookie }) })
  return session?.user.email
}

async function readSession(
  auth: Auth,
  cookie: string,
  until: Promise<unknown>,
): Promise<Pick<Measurement, 'reads' | 'longestReadMs'>> {
  const end = new AbortController()
  void until.catch(() => {}).then(() => end.abort())
  let reads = 0
  let longestReadMs = 0
  while (!end.signal.aborted) {
    const start = performance.now()
    assert.equal(await emailOf(auth, cookie), 'ada@example.com')
    longestReadMs = Math.max(longestReadMs, performance.now() - start)
    reads += 1
  }
  return { reads, longestReadMs }
}

/** The same address at the same time: one gets it, the others are told so, and nothing else is left of them. */
async function signUpTwins(auth: Auth): Promise<void> {
  const outcomes = await Promise.allSettled(
    Array.from({ length: TWINS }, () => cookieOf(auth, 'twin@example.com')),
  )
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  assert.deepEqual(
    refusals.map((reason: Error) => reason.message),
    Array.from({ length: TWINS - 1 }, () => 'User already exists. Use another email.'),
  )
}

/** What fails at its last step, the session, leaves no user and no account behind. */
async function failHalfWay(auth: Auth, db: Kysely<Tables>): Promise<void> {
  await sql`create trigger no_more before insert on session begin select raise(abort, 'no more'); end`.execute(
    db,
  )
  await assert.rejects(cookieOf(auth, 'late@example.com'))
  const late = await db.selectFrom('user').select('id').where('email', '=', 'late@example.com').execute()
  assert.deepEqual(late, [])
}
