// Runs SQL texts with much that means nothing; prints the rows of each, or the error's message.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { testedDriver } from '../../support/driver.ts'

const [kind = ':memory:', filler = ' ', count = '0'] = process.argv.slice(2)
const gap = filler.replaceAll(String.raw`\n`, '\n').repeat(Number(count))
const poolclass = kind === ':memory:' ? 'StaticPool' : 'QueuePool'
const db = new Kysely<unknown>({
  dialect: new PooledSqliteDialect({ url: kind, driver: testedDriver, poolclass }),
})
const texts: Record<string, string> = {
  'the gap alone': gap,
  'pragma, the gap': `pragma${gap}`,
  'pragma, the gap, a semicolon': `pragma${gap};`,
  'the gap, pragma, a semicolon': `${gap}pragma ;`,
  'the gap, a select': `${gap}select 1 as one`,
  'a select, the gap': `select 1 as one${gap}`,
  'the gap, a pragma': `${gap}pragma user_version`,
  'a pragma, the gap': `pragma user_version${gap}`,
  'a pragma with gaps': `pragma${gap} main${gap}.${gap}user_version`,
  'a setting with gaps': `${gap}pragma${gap} recursive_triggers${gap}=${gap}1`,
  'the setting': 'pragma recursive_triggers',
  'an attachment with gaps': `${gap}attach${gap} 'file:/other?vfs=memdb'${gap}as${gap} other`,
  'a detachment with gaps': `${gap}detach${gap} other`,
}
const outcomes: Record<string, unknown> = {}
for (const [name, text] of Object.entries(texts)) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  outcomes[name] = await db.executeQuery(CompiledQuery.raw(text)).then(
    ({ rows }) => rows,
    (error: Error) => error.constructor.name,
  )
}
await db.destroy()
process.stdout.write(JSON.stringify(outcomes))
