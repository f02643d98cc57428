import { PooledSqliteDialect } from '@poolclass/dialect'
import Database from 'better-sqlite3'
import { Kysely, sql } from 'kysely'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** The beginnings of messages in the table of POOLCLASS_CONFIG, without the row of a build that is not at hand. */
function quoted(): readonly string[] {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const [, table = ''] = /\| the message begins with.*\n.*\n((?:\|.*\n)+)/.exec(page) ?? []
  const cells = [...table.matchAll(/^\| `([^`]*)`/gm)].map(([, cell]) => cell!.replace(/ ?…$/, ''))
  return cells.filter((cell) => !cell.includes('SQLite build'))
}

function faults(path: string): readonly object[] {
  const file = { url: path }
  const one = opened(path)
  return [
    { ...file, pool_size: 5 },
    { ...file, driver: 'better-sqlite' },
    { url: ':memory:', poolclass: 'QueuePool' },
    { url: ':memory:', poolRecycle: 1000 },
    { url: ':memory:', poolclass: 'GenericPool' },
    { url: ':memory:', threads: 2 },
    { ...file, pragmas: { journal_mod: 'wal' } },
    { ...file, pragmas: { foreign_keys: 'ture' } },
    { ...file, pragmas: { journal_mode: 'off' } },
    { ...file, pragmas: { busy_timeout: 1000 } },
    { ...file, threads: 1, creator: () => one },
    { ...file, creator: async () => ({}) },
    { ...file, creator: () => opened(`${path}-other`) },
    { url: `${pathToFileURL(path).href}?psow=0`, creator: () => opened(path) },
    { ...file, creator: () => one },
  ]
}

function opened(path: string): Database.Database {
  const database = new Database(path)
  onTestFinished(() => void database.close())
  return database
}

async function messageOf(config: object): Promise<string> {
  const failing = async (): Promise<void> => {
    const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect(config as { url: string }) })
    onTestFinished(() => db.destroy())
    await db.connection().execute(async (first) => {
      await sql`select 1`.execute(first)
      await sql`select 1`.execute(db)
    })
  }
  return (await failureOf(failing())).message
}

test('docs/errors.md quotes the messages of configs that cannot work', async () => {
  const directory = temporaryDirectory()
  const messages = await Promise.all(faults(join(directory, 'app.db')).map(messageOf))
  const told = messages.map((message) => message.replaceAll(directory, '/srv/app'))
  const beginnings = quoted()
  expect(beginnings).toHaveLength(15)
  for (const beginning of beginnings)
    expect(told).toContainEqual(expect.stringMatching(startingWith(beginning)))
})

function startingWith(text: string): RegExp {
  return new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`)
}
