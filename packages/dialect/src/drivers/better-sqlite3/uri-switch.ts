const NAME = 'SQLITE_USE_URI'
const ON = '1'

let isOurs = false

/**
 * Switches SQLite's URI file names on for the addon of better-sqlite3, and for that of each package like it.
 *
 * An addon is built with `SQLITE_USE_URI=0`, but reads the environment variable of that name when it is loaded in the
 * process, and never again. A worker's `process.env` is a copy that the addon does not see, so only the main thread can
 * set it, and only before any code opens a database: when this package is imported. A worker sets its copy, because to ask
 * whether this is one takes 1.6 ms. It stays set until the addon has been loaded in this thread. A value that the user has
 * set, before or after, stays for good.
 */
export function switchUrisOn(): void {
  if (process.env[NAME] !== undefined) return
  try {
    process.env[NAME] = ON
    isOurs = true
  } catch {
    // A runtime without the permission to set it, such as Deno.
  }
}

/** Puts the environment back as it was. Called when an addon is loaded. */
export function restoreEnvironment(): void {
  if (isOurs && process.env[NAME] === ON) delete process.env[NAME]
  isOurs = false
}

switchUrisOn()
