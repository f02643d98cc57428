import { readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'

/**
 * The one path of a file, however it is written and whether or not it exists yet: where SQLite would create it. Links are
 * followed before `..` goes up, and a link need not lead to something that exists.
 *
 * Source: `unixFullPathname` in SQLite's os_unix.c
 */
export function realPath(path: string, linksFollowed = 0): string {
  try {
    return realpathSync.native(path)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ELOOP' || linksFollowed === MOST_LINKS) return path
  }
  const target = linkTarget(path)
  if (target !== undefined) return realPath(target, linksFollowed + 1)
  const folder = dirname(path)
  if (folder === path) return path
  const resolved = join(realPath(folder, linksFollowed), basename(path))
  return resolved === path ? path : realPath(resolved, linksFollowed + 1)
}

/** Not joined by `join`, which would take a `..` in it away from the link in front of it. */
function linkTarget(path: string): string | undefined {
  try {
    const target = readlinkSync(path)
    return isAbsolute(target) ? target : `${dirname(path)}/${target}`
  } catch {
    return undefined
  }
}

/** As many as Linux follows. With more it is a loop, and SQLite does not open it. */
const MOST_LINKS = 40
