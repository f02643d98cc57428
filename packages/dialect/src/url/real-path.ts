import { readlinkSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, parse, sep } from 'node:path'

/**
 * The one path of a file, however it is written and whether or not it exists yet: where SQLite would create it. Links are
 * followed before `..` goes up, and a link need not lead to something that exists.
 *
 * Source: `unixFullPathname` in SQLite's os_unix.c
 */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return withoutLinks(path) ?? path
  }
}

/** Element by element, because `join` and `resolve` would take a `..` away from the link in front of it. */
function withoutLinks(path: string): string | undefined {
  let real = parse(path).root
  const elements = elementsOf(path)
  for (let links = 0; elements.length > 0;) {
    const element = elements.shift()!
    if (element === '..') {
      real = dirname(real)
      continue
    }
    const next = join(real, element)
    const target = linkTarget(next)
    if (target === undefined) {
      real = next
      continue
    }
    links += 1
    if (links > MOST_LINKS) return undefined
    if (isAbsolute(target)) real = parse(target).root
    elements.unshift(...elementsOf(target))
  }
  return real
}

function elementsOf(path: string): string[] {
  const { root } = parse(path)
  return path
    .slice(root.length)
    .split(sep)
    .filter((element) => element !== '' && element !== '.')
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** As many as Linux follows, in all. With more it is a loop, and SQLite does not open it. */
const MOST_LINKS = 40
