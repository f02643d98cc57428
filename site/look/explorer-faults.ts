import type { Page } from 'playwright-core'

/** What somebody types, and what the answer has to say. */
const INPUTS: readonly (readonly [input: string, part: 'pool' | 'error' | 'opens', expected: RegExp])[] = [
  [':memory:', 'pool', /SingletonThreadPool.*dies with its connection/s],
  ['app.db', 'pool', /NullPool/],
  ['sqlite:////srv/app.db', 'opens', /The file \/srv\/app\.db\./],
  ['file:shop?mode=memory&cache=shared', 'pool', /StaticPool/],
  [
    "{ url: 'app.db', poolclass: 'QueuePool', poolSize: 3, threads: 2, }",
    'pool',
    /QueuePool.*The config says so/s,
  ],
  ["{ url: 'app.db', poolSize: 1_0 }", 'error', /PoolOptionError.*The URL chose NullPool/s],
  ['file:app.db?mod=ro', 'error', /POOLCLASS_URL.*Did you mean 'mode'/s],
  ['postgres://me:secret@host/db', 'error', /is not a scheme of SQLite/],
  ["{ url: ':memory:', poolclass: 'QueuePool' }", 'error', /POOLCLASS_CONFIG.*has up to 15/s],
  ["{ url: 'app.db', ", 'error', /This is not a complete object/],
  ['libsql://db.example.com', 'pool', /QueuePool/],
  ['', 'opens', /temporary database/],
]

export async function explorerFaults(page: Page, url: string): Promise<string[]> {
  await page.goto(`${url}/index.html`)
  const faults: string[] = []
  for (const [input, part, expected] of INPUTS) {
    await page.fill('#explorer-input', input)
    const text = await page.textContent(`[data-part="${part}"]`, { timeout: 2000 }).catch(() => '')
    if (!expected.test(text ?? '')) faults.push(`the explorer says of ${input}: ${text}`)
    const drawn = await page.locator('.explorer svg').count()
    if ((drawn === 1) === (part === 'error')) faults.push(`the explorer draws ${drawn} pictures of ${input}`)
    if ((await page.textContent('.explorer'))?.includes('secret') === true) faults.push('a password is shown')
  }
  const shared = new URL(page.url()).search
  if (!shared.includes('explain=')) faults.push('the address does not carry what was typed')
  await page.goto(`${url}/index.html?explain=${encodeURIComponent('file:x?mode=memory')}`)
  const given = await page.textContent('[data-part="pool"]')
  if (!/SingletonThreadPool/.test(given ?? '')) faults.push(`the explorer says of a shared address: ${given}`)
  return faults
}
