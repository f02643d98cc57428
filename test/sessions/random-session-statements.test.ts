// oxlint-disable no-await-in-loop -- the statements of a script come one after the other
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openPlain } from '../support/open-plain.ts'
import { perform } from '../support/as-one-connection.ts'
import { scaled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { type Outcome, plainOutcomeOf } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** `S` is the name of an attached schema, `F` and `M` are a file and a memory database for it, `N` is a digit. */
const statements: readonly string[] = [
  ["attach 'F' as S", "attach 'file:F?mode=rwc' as S", "attach 'file:M?vfs=memdb' as S"],
  ['detach S', 'detach S', 'detach nobody'],
  ['create table if not exists S.t (x)', 'insert into S.t values (N)', 'select sum(x) as sum from S.t'],
  ['insert into t values (N)', 'select sum(x) as sum from t', 'vacuum', 'vacuum S', 'analyze'],
  ['pragma foreign_keys = on', 'pragma foreign_keys = off', 'pragma foreign_keys'],
  ['pragma cache_size = N', 'pragma S.cache_size(N)', 'pragma cache_size', 'pragma S.cache_size'],
  ['pragma mmap_size = N000000', 'pragma mmap_size', 'pragma S.mmap_size'],
  ['pragma secure_delete = on', 'pragma secure_delete = fast', 'pragma S.secure_delete'],
  ['pragma journal_mode = truncate', 'pragma journal_mode = persist', 'pragma journal_mode = memory'],
  ['pragma journal_mode = wal', 'pragma journal_mode = delete', 'pragma main.journal_mode = delete'],
  ['pragma S.journal_mode = truncate', 'pragma S.journal_mode = wal'],
  ['pragma journal_mode', 'pragma S.journal_mode', 'explain query plan pragma journal_mode = off'],
  ['pragma page_size = 1024', 'pragma page_size = 8192', 'pragma S.page_size = 2048'],
  ['pragma page_size', 'pragma S.page_size'],
  ['pragma auto_vacuum = N', 'pragma auto_vacuum = 2', 'pragma auto_vacuum = 0', 'pragma auto_vacuum'],
  ['pragma user_version = N', 'pragma user_version', 'pragma S.user_version = N', 'pragma S.user_version'],
  ['pragma case_sensitive_like = on', 'pragma case_sensitive_like = off', "select 'A' like 'a' as same"],
  ['pragma recursive_triggers(1)', 'explain query plan pragma recursive_triggers = 0'],
  ['pragma recursive_triggers', 'pragma recursive_triggers = N'],
  ['pragma busy_timeout = N0000', 'pragma busy_timeout', 'pragma journal_size_limit = N00'],
  ['pragma journal_size_limit', 'pragma writable_schema = on', 'pragma writable_schema = reset'],
  ['pragma writable_schema', 'pragma temp_store = 2', 'pragma temp_store', 'pragma nonsense = N'],
].flat()

/** The same for each seed, in [0, 1). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

const SCHEMAS = ['one', 'two']

/** Forty statements at random, as the function of where their files are. */
function scriptOf(seed: number): (directory: string, memory: string) => string[] {
  const random = randomOf(seed * 15_485_863)
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!
  const chosen = Array.from({ length: 40 }, () => {
    const schema = pick(SCHEMAS)
    const digit = String(1 + Math.floor(random() * 9))
    return { schema, text: pick(statements).replace('N', digit) }
  })
  return (directory, memory) => [
    'create table t (x)',
    // Connections differ in it until somebody sets it.
    'pragma cache_size = -3000',
    ...chosen.map(({ schema, text }) =>
      text
        .replace(/\bS\b/, schema)
        .replace(/\bF\b/, join(directory, schema))
        .replace(/\bM\b/, `/${memory}-${schema}`),
    ),
  ]
}

describe.each([
  { poolclass: 'NullPool', held: 3 },
  { poolclass: 'QueuePool', held: 3 },
  { poolclass: 'StaticPool', held: 1 },
] as const)('$poolclass', ({ poolclass, held }) => {
  test.each(Array.from({ length: scaled(12) }, (_, index) => index + 1))(
    'gives what one plain connection gives for forty session statements at random (seed %i)',
    async (seed) => {
      const script = scriptOf(seed)
      const directories = [temporaryDirectory(), temporaryDirectory()] as const
      const plain = openPlain(join(directories[0], 'app.db'))
      const { db, dialect } = open({ url: join(directories[1], 'app.db'), poolclass })
      const expected = script(directories[0], randomUUID()).map((sql) => plainOutcomeOf(plain, sql))
      const outcomes: Outcome[] = []
      const mine = script(directories[1], randomUUID())
      for (const [index, sql] of mine.entries()) {
        if (held === 1 && index % 7 === 6) await dialect.pool.dispose()
        outcomes.push(...(await perform(db, [sql], held)))
      }
      expect(mine.map((sql, index) => [sql, outcomes[index]])).toEqual(
        mine.map((sql, index) => [sql, expected[index]]),
      )
    },
  )
})
