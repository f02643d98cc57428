/**
 * kysely-ctl over this dialect: its commands as you would type them, with the pool class of `kysely.config.ts`.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/kysely-ctl/commands.ts`.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { printStep } from '../print.ts'

const run = promisify(execFile)
await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-kysely-ctl-'))
const options = {
  cwd: import.meta.dirname,
  // Nothing else of this environment, because kysely-ctl prints less in tests and more in CI.
  env: {
    DATABASE_URL: join(folder.path, 'app.db'),
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    NO_COLOR: '1',
  },
}
await migrateTwiceAtOnce()
await seedAndLook()
await rollBack()

async function kysely(...args: string[]): Promise<string> {
  const { stdout, stderr } = await run('node_modules/.bin/kysely', [...args, '--no-outdated-check'], options)
  const output = `${stdout}${stderr}`.trim()
  const typed = args.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ')
  console.log(`\n$ npx kysely ${typed}\n${output}`)
  return output
}

async function migrateTwiceAtOnce(): Promise<void> {
  printStep(
    'Migrations, by two processes at once',
    'One of them migrates. The other waits until it is done, and finds nothing to do.',
  )
  const outputs = await Promise.all([kysely('migrate', 'latest'), kysely('migrate', 'latest')])
  assert.equal(outputs.filter((output) => output.includes('Ran 2 migrations')).length, 1)
  assert.equal(outputs.filter((output) => output.includes('no new migrations found')).length, 1)
}

async function seedAndLook(): Promise<void> {
  printStep(
    'Seeds',
    'A seed that uses a transaction. Then a look at the data, and at what the config has set.',
  )
  assert.match(await kysely('seed', 'run'), /Seed successful/)
  const books = 'select name, title from book join author on author.id = author_id'
  assert.match(await kysely('sql', books), /"Ursula K. Le Guin","The Lathe of Heaven"$/)
  assert.match(await kysely('sql', 'pragma journal_mode'), /"wal"$/)
  assert.match(await kysely('sql', 'pragma foreign_keys'), /1$/)
}

async function rollBack(): Promise<void> {
  printStep('Rollback', 'Both migrations are undone, the last one first.')
  assert.match(await kysely('migrate', 'rollback', '--all'), /Undone 2 migrations/)
  const list = await kysely('migrate', 'list')
  assert.deepEqual(list.match(/^\[ \] .*$/gm), ['[ ] 2026-01-01-authors', '[ ] 2026-02-01-books'])
}
