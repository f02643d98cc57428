import { posix, win32 } from 'node:path'
import type { SqliteLocation } from './sqlite-location.ts'

/**
 * The same location, with absolute paths where it is a file: what it names no longer depends on the working directory.
 * Call it once, when the dialect is built: a later `chdir` then changes nothing.
 */
export function absoluteLocation(
  location: SqliteLocation,
  cwd: string = process.cwd(),
  platform: NodeJS.Platform = process.platform,
): SqliteLocation {
  if (location.kind !== 'file') return location
  const absolute = platform === 'win32' ? absoluteOnWindows : absoluteOnPosix
  const { path, modeof } = location
  return Object.freeze({
    ...location,
    path: absolute(path, cwd),
    ...(modeof === undefined ? {} : { modeof: absolute(modeof, cwd) }),
  })
}

/**
 * SQLite follows symbolic links before it goes up by `..`, as the kernel does, and `path.resolve` does not: a path
 * with `..` is left for SQLite to resolve.
 */
function absoluteOnPosix(path: string, cwd: string): string {
  if (!path.split('/').includes('..')) return posix.resolve(cwd, path)
  return path.startsWith('/') ? path : `${cwd.replace(/\/$/, '')}/${path}`
}

/** `file:///C:/app.db` decodes to `/C:/app.db`, from which SQLite removes the slash. */
function absoluteOnWindows(path: string, cwd: string): string {
  return win32.resolve(cwd, path.replace(/^[/\\]+(?=[a-z]:)/i, ''))
}
