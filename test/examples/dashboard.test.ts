// @module-tag slow

import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { ScriptProcess } from '../support/script-process.ts'

const executablePath = [process.env['CHROMIUM'], '/usr/bin/chromium'].find(
  (path) => path !== undefined && existsSync(path),
)

// Not `test.skipIf`, which would run it in the quick run too.
test('the dashboard shows a browser what its pool does (skipped where there is no Chromium)', async ({
  skip,
}) => {
  if (executablePath === undefined) skip('there is no Chromium')
  const server = new ScriptProcess('../examples/dashboard.ts')
  await server.hasPrinted(1)
  const url = server.lines[0]!.replace('The dashboard: ', '')
  const browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } })
  const faults: string[] = []
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(String(error)))
  await page.goto(url)
  const shows = async (id: string, pattern: RegExp): Promise<void> =>
    expect.poll(() => page.textContent(`#${id}`), { timeout: 30_000 }).toMatch(pattern)
  await shows('rate', /^[1-9][\d,]* per second$/)
  await shows('latency', /, 0 failed$/)
  await shows('waiting', /^shop: 5 at most, \d+ checkouts wait$/)
  await shows('kinds', /\d+ for a line/)
  await shows('wal', /^[\d.]+ MB$/)
  await shows('slow', /sum\("amount"\)/)
  expect(await page.locator('#places li').count()).toBe(5)
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360)
  expect(faults).toEqual([])
  server.interrupt()
  await server.ended()
  expect(server.lines.at(-1)).toMatch(/queries, 0 failed/)
}, 60_000)
