import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** TypeScript that Node.js cannot run on its own: it has an enum, and an import without its extension. */
const CREATOR = `
  import Database from 'better-sqlite3'
  import { answer } from './answer'
  export default (): Database.Database => {
    const database = new Database(':memory:')
    database.function('answer', () => answer)
    return database
  }
`
const ANSWER = `
  enum Answer { toEverything = 42 }
  export const answer = Answer.toEverything
`
const APP = `
  import { PooledSqliteDialect } from '@poolclass/dialect'
  import { Kysely, sql } from 'kysely'
  const creator = new URL('./creator.ts', import.meta.url)
  const db = new Kysely<any>({ dialect: new PooledSqliteDialect({ url: ':memory:', threads: Number(process.argv[2]), creator }) })
  const { rows } = await sql\`select answer() as n\`.execute(db)
  await db.destroy()
  console.log(JSON.stringify(rows))
`

test.each(['0', '1'])(
  'a creator in TypeScript is loaded by what --import preloads, with threads: %s',
  async (threads) => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'node_modules'))
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
    for (const [name, text] of Object.entries({ creator: CREATOR, answer: ANSWER, app: APP })) {
      writeFileSync(join(directory, `${name}.ts`), text)
    }
    for (const name of ['@poolclass', 'better-sqlite3', 'kysely', 'tsx']) {
      symlinkSync(join(MODULES, name), join(directory, 'node_modules', name), 'junction')
    }
    // The built package, as users have it: a worker that is started from a file always runs the preloads.
    const surroundings = { cwd: directory, node: ['--import', 'tsx'] }
    expect(await resultOf(join(directory, 'app.ts'), [threads], surroundings)).toEqual([{ n: 42 }])
  },
)
