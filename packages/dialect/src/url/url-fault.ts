import { masked, maskedAuthority } from '../masked.ts'
import { SqliteUrlError, type SqliteUrlReason } from '../errors/url-errors.ts'

const VALID_FORMS = [
  "':memory:', 'sqlite://' or 'sqlite:///:memory:' (memory, private to a connection)",
  "'file::memory:?cache=shared', 'file:name?mode=memory&cache=shared' or 'file:/name?vfs=memdb' (memory, shared in the process)",
  "'app.db', './app.db', '/abs/app.db', 'file:app.db', 'file:///abs/app.db', 'sqlite:///app.db', 'sqlite:////abs/app.db' or new URL('file:///abs/app.db') (a file)",
  "'file:app.db?mode=ro|rw|rwc&cache=shared|private&immutable=1&nolock=1&psow=0&vfs=name&modeof=file' or 'sqlite:///file:app.db?mode=ro&uri=true' (a file, with parameters)",
  "'' (a temporary database, private to a connection)",
  "'libsql://host', 'https://host' or 'http://127.0.0.1:8080' (a libSQL server)",
]

/** What is wrong, in the words of the place that found it. */
export interface UrlFault {
  readonly reason: SqliteUrlReason
  /** The part of the URL at fault, or the whole URL. */
  readonly part: string
  /** A clause that follows the URL in the message: `unknown parameter 'mod'`. */
  readonly problem: string
  /** A valid URL or part that is near. Leave it out where a password could get into it. */
  readonly didYouMean?: string | undefined
}

/** Builds the error for a URL at fault: the URL, the part, what is near, and the valid forms. */
export function urlFault(url: string, fault: UrlFault): SqliteUrlError {
  const shown = showable(masked(url))
  const part = fault.part === url ? shown : showable(maskedAuthority(fault.part))
  const didYouMean = fault.didYouMean === undefined ? undefined : showable(masked(fault.didYouMean))
  const suggestion = didYouMean === undefined ? '' : ` Did you mean '${didYouMean}'?`
  const problem = showable(masked(fault.problem))
  const forms = VALID_FORMS.map((form) => `\n  ${form}`).join('')
  return new SqliteUrlError(
    `Invalid SQLite URL '${shown}': ${problem}.${suggestion}\nValid forms are:${forms}`,
    {
      url: shown,
      part,
      reason: fault.reason,
      ...(didYouMean === undefined ? {} : { didYouMean }),
    },
  )
}

/** Control characters and lone surrogates, which no terminal shows, become escapes. */
function showable(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f]|\p{Surrogate}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
