import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const SCRIPT = join(import.meta.dirname, 'migrating-process.ts')

function migratingProcess(url: string, poolclass: string, ...more: string[]): ChildProcess {
  const child = fork(SCRIPT, [url, poolclass, ...more], { execArgv: ['--conditions=source'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function ended(child: ChildProcess): Promise<unknown> {
  let answer: unknown
  child.on('message', (message) => (answer = message))
  const [code] = (await once(child, 'exit')) as [number | null]
  expect(code).toBe(0)
  return answer
}

test('four processes that migrate at once run each migration exactly once', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const classes = ['NullPool', 'QueuePool', 'StaticPool', 'SingletonThreadPool']
  const answers = await Promise.all(classes.map((poolclass) => ended(migratingProcess(url, poolclass))))
  const ran = (answers as { ran: string[] }[]).flatMap((answer) => answer.ran)
  expect(ran.toSorted()).toEqual(['1 create', '2 insert', '3 transaction'])
  const { db } = open(url)
  expect((await sql`select name from ran`.execute(db)).rows).toEqual([{ name: 'two' }, { name: 'three' }])
})

test('a migrator that is killed in the middle of a migration holds up nobody after it', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const killed = migratingProcess(url, 'NullPool', 'hang')
  await once(killed, 'message')
  const next = migratingProcess(url, 'QueuePool')
  const nextEnded = ended(next)
  killed.kill('SIGKILL')
  expect(await nextEnded).toEqual({ ran: ['2 insert', '3 transaction'] })
  const { db } = open(url)
  const { rows } = await sql`select name from ran where name = 'half'`.execute(db)
  expect(rows).toEqual([])
})
