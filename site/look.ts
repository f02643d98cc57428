/**
 * Looks at the built site in a browser, as a reader does: every link leads to a page and a heading that are there, nothing is
 * written to the console, no page is wider than a phone, the explorer answers, and the search finds. With `--shots` it leaves screenshots in `shots/`.
 *
 * It needs Debian's Chromium, or another one that `CHROMIUM` names. Without it, it says so, and only follows the links.
 */
import { existsSync, globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { brokenLinksOf } from './look/broken-links.ts'
import { explorerFaults } from './look/explorer-faults.ts'
import { searchFaults } from './look/search-faults.ts'
import { serve } from './look/serve.ts'

const PHONE = { width: 360, height: 740 }
const DESK = { width: 1280, height: 900 }
const SHOWN = {
  home: 'index.html',
  errors: 'docs/errors.html',
  api: 'api/@poolclass/dialect/opentelemetry/index.html',
  hour: 'docs/first-hour.html',
  pools: 'docs/pool-classes.html',
}

const dist = join(import.meta.dirname, '.vitepress/dist')
const shots = join(import.meta.dirname, 'shots')
const browserPath = [process.env['CHROMIUM'], '/usr/bin/chromium'].find(
  (path) => path !== undefined && existsSync(path),
)
const pages = globSync('**/*.html', { cwd: dist, exclude: ['404.html'] }).toSorted()
/** All that is written by hand, and what is generated as an example of the rest. */
const looked = pages.filter(
  (page) =>
    !/^docs\/decisions\/\d|^examples\/|^api\/(?!.*(?:index|\/Pool|QueuePool|PooledSqliteDialect|PoolclassInstrumentation)\.html)/.test(
      page,
    ),
)
const faults = brokenLinksOf(dist, pages)
if (browserPath === undefined)
  console.log('There is no Chromium here, so nobody looks at the pages: apt-get install chromium')
else faults.push(...(await lookAtPages(browserPath)))
for (const fault of faults) console.error(fault)
console.log(`${pages.length} pages, ${looked.length} of them seen on a phone: ${faults.length} faults`)
process.exitCode = faults.length === 0 && pages.length > 50 ? 0 : 1

async function lookAtPages(executablePath: string): Promise<string[]> {
  mkdirSync(shots, { recursive: true })
  await using server = await serve(dist)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage({ viewport: PHONE })
    const found = noted(page)
    for (const name of looked) {
      await page.goto(`${server.url}/${name}`)
      found.push(...(await tooWide(page, name)))
    }
    found.push(...(await explorerFaults(page, server.url)))
    found.push(...(await searchFaults(page, server.url)))
    if (process.argv.includes('--shots')) await takeShots(page, server.url)
    return found
  } finally {
    await browser.close()
  }
}

/** What the console says, and what does not load. */
function noted(page: Page): string[] {
  const found: string[] = []
  const note = (what: string): void => void found.push(`${page.url()}: ${what}`)
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(message.text())
  })
  page.on('pageerror', (error) => note(String(error)))
  page.on('response', (response) => {
    if (response.status() >= 400) note(`${response.status()} ${response.url()}`)
  })
  return found
}

/** A page that scrolls sideways. A table or a block of code may, in its own box. */
async function tooWide(page: Page, name: string): Promise<string[]> {
  const width = await page.evaluate<number>('document.documentElement.scrollWidth')
  return width <= PHONE.width ? [] : [`${name} is ${width} px wide on a screen of ${PHONE.width} px`]
}

async function takeShots(page: Page, url: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme })
    for (const [size, viewport] of Object.entries({ phone: PHONE, desk: DESK })) {
      await page.setViewportSize(viewport)
      for (const [name, path] of Object.entries(SHOWN)) {
        await page.goto(`${url}/${path}`, { waitUntil: 'load' })
        await page.screenshot({
          path: join(shots, `${name}-${size}-${theme}.png`),
          fullPage: name === 'home',
        })
      }
    }
  }
}
