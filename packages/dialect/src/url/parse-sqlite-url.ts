import { describe } from '../describe.ts'
import { fileUriLocation } from './file-uri-location.ts'
import { plainPathLocation } from './plain-path.ts'
import { whiteSpaceFault } from './obvious-mistakes.ts'
import { isServerUrl, serverLocation } from './server-url.ts'
import { sqlalchemyUrlLocation } from './sqlalchemy-url.ts'
import type { SqliteLocation } from './sqlite-location.ts'
import { urlFault } from './url-fault.ts'

/**
 * Reads what the user wrote and says which database it names. Nothing is opened or looked up.
 *
 * | the user writes | location |
 * | --- | --- |
 * | `:memory:`, `sqlite://`, `sqlite:///:memory:`, `file::memory:`, `file:x?mode=memory` | `memory` |
 * | `file::memory:?cache=shared` | `shared-memory` with the name `:memory:` |
 * | `file:x?mode=memory&cache=shared`, `file:/x?vfs=memdb` | `shared-memory` with the name `x` |
 * | `app.db`, `/abs/app.db`, `file:app.db`, `file:///abs/app.db`, `sqlite:///app.db`, `sqlite:////abs/app.db` | `file` |
 * | `''`, `file:` | `temporary` |
 * | `sqlite:///file:…?…&uri=true` | what the `file:` URI in it names |
 * | `new URL('file:///abs/app.db')` | what its `href` names |
 * | `libsql://host`, `https://host`, `http://127.0.0.1:8080` | `server` |
 *
 * A `file:` URI is read exactly as SQLite reads it, with its parameters, and stricter in one respect: what SQLite
 * would ignore in silence is an error. So is what can only be a mistake, such as `undefined` or `${DB}`.
 *
 * ```ts
 * parseSqliteUrl('file:app.db?mode=ro') // { kind: 'file', path: 'app.db', mode: 'ro' }
 * ```
 *
 * @throws SqliteUrlError with the part at fault, the valid forms, and a near one where there is one.
 *
 * Source: https://www.sqlite.org/uri.html
 */
export function parseSqliteUrl(url: string | URL): SqliteLocation {
  const text = textOf(url)
  if (text.includes('\0')) {
    throw urlFault(text, { reason: 'encoding', part: text, problem: 'it contains a NUL' })
  }
  if (!text.isWellFormed()) {
    throw urlFault(text, { reason: 'encoding', part: text, problem: 'it contains half of a surrogate pair' })
  }
  const trimmed = text.trim()
  const location = locationOf(trimmed)
  if (trimmed !== text) throw whiteSpaceFault(text)
  return location
}

function locationOf(text: string): SqliteLocation {
  if (text === '') return Object.freeze({ kind: 'temporary' })
  if (text === ':memory:') return Object.freeze({ kind: 'memory' })
  if (text.startsWith('file:')) return fileUriLocation(text, text)
  if (text.startsWith('sqlite://')) return sqlalchemyUrlLocation(text)
  if (isServerUrl(text)) return serverLocation(text)
  return plainPathLocation(text, text)
}

function textOf(url: unknown): string {
  if (typeof url === 'string') return url
  if (!isUrl(url)) {
    const shown = describe(url)
    throw urlFault(shown, { reason: 'type', part: shown, problem: 'it must be a string or a URL object' })
  }
  if (url.protocol !== 'file:' && url.protocol !== 'sqlite:' && !isServerUrl(url.protocol)) {
    throw urlFault(url.href, {
      reason: 'scheme',
      part: url.protocol,
      problem: `'${url.protocol}' is not a scheme of SQLite`,
    })
  }
  if (url.protocol === 'sqlite:' && url.href.includes('%')) {
    throw urlFault(url.href, {
      reason: 'encoding',
      part: url.href,
      problem: 'a URL object encodes characters that a `sqlite:` URL does not decode. Pass a string',
    })
  }
  return url.href
}

/** By its tag, since a URL can come from another realm. */
export function isUrl(value: unknown): value is URL {
  return Object.prototype.toString.call(value) === '[object URL]' && typeof (value as URL).href === 'string'
}
