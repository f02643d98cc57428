import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** The links of built pages that lead to no page, to no file or to no heading. */
export function brokenLinksOf(dist: string, pages: readonly string[]): string[] {
  const texts = new Map(pages.map((page) => [page, readFileSync(join(dist, page), 'utf8')]))
  const anchors = new Map(
    Array.from(texts, ([page, text]) => [page, new Set(valuesOf(text, /\sid="([^"]+)"/g))]),
  )
  return Array.from(texts, ([page, text]) =>
    valuesOf(text, /\shref="([^"]+)"/g)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !leadsSomewhere(dist, anchors, page, link))
      .map((link) => `${page}: ${link} leads nowhere`),
  ).flat()
}

function leadsSomewhere(
  dist: string,
  anchors: Map<string, Set<string>>,
  page: string,
  link: string,
): boolean {
  const [path = '', heading] = link.split('#').map(decodeURIComponent)
  const joined =
    path === '' ? page : path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(page), path)
  const target = joined === '' || joined.endsWith('/') ? `${joined}index.html` : joined
  const file = existsSync(join(dist, target)) ? target : `${target}.html`
  if (!existsSync(join(dist, file))) return false
  return heading === undefined || heading === '' || anchors.get(file)?.has(heading) === true
}

function valuesOf(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, value]) => value!.replaceAll('&amp;', '&'))
}
