import { parseSqliteUrl, SqliteUrlError } from '@poolclass/dialect'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { thrownBy } from '../support/statements.ts'

/** The rows of the table of faults: the reason, a URL, and what its message says. A row without a reason has the one above. */
function rows(): readonly (readonly [reason: string, url: string, says: string])[] {
  const page = readFileSync(new URL('../../docs/urls.md', import.meta.url), 'utf8')
  const [, table = ''] = /\| `reason`.*\n.*\n((?:\|.*\n)+)/.exec(page) ?? []
  let last = ''
  return table
    .trim()
    .split('\n')
    .map((row) => {
      const [reason, url, says] = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^(`+)(.*)\1$/, '$2'))
      last = reason === '' ? last : reason!
      return [last, url!, says!] as const
    })
}

test.each(rows())('docs/urls.md quotes what the %s of %s is refused with', (reason, url, says) => {
  const error = thrownBy(() =>
    parseSqliteUrl(reason === 'type' ? (Number(url) as never) : url),
  ) as SqliteUrlError
  expect(error).toBeInstanceOf(SqliteUrlError)
  expect(error.reason).toBe(reason)
  const message = error.message.replaceAll('`', '')
  for (const part of says.replaceAll('`', '').split('…')) expect(message).toContain(part.trim())
})
