import type { Page } from 'playwright-core'

/** What somebody looks for, and the page that has to be among the results. */
const SEARCHES = [
  ['POOL_LEAK', 'docs/errors'],
  ['dockerfile', 'docs/first-hour'],
  ['database is locked', 'docs/transactions-and-locks'],
  ['malformed', 'docs/errors'],
  ['CPU', 'docs/production'],
  ['sessionmaker', 'docs/coming-from-sqlalchemy'],
  ['PoolclassInstrumentation', 'api/@poolclass/dialect/opentelemetry'],
] as const

/** Types words into the search, and follows a result to its page. */
export async function searchFaults(page: Page, url: string): Promise<string[]> {
  const faults: string[] = []
  for (const [word, path] of SEARCHES) {
    await page.goto(`${url}/index.html`)
    await page.click('.VPNavBarSearchButton')
    await page.fill('#localsearch-input', word)
    const result = page.locator(`#localsearch-list a.result[href*="${path}"]`).first()
    const isFound = await result.waitFor({ timeout: 20_000 }).then(
      () => true,
      () => false,
    )
    if (!isFound) {
      faults.push(`the search for ${word} does not find ${path}`)
      continue
    }
    await result.click()
    await page.waitForURL(({ pathname }) => pathname.includes(path), { timeout: 20_000 })
  }
  return faults
}
