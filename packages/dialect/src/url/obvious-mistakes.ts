import { encodedForFileUri } from './file-uri.ts'
import { urlFault } from './url-fault.ts'

interface Mistake {
  readonly pattern: RegExp
  readonly problem: (found: string) => string
  /** How to write the name of a file that is called so. Default is the URL with the first character at fault percent-encoded. */
  readonly spelling?: (found: string) => string
}

/** Parts that no name has on purpose, each with a group for the part at fault. */
const MISTAKES: readonly Mistake[] = [
  {
    // oxlint-disable-next-line no-control-regex -- those are what is looked for
    pattern: /([\u0001-\u001f\u007f])/,
    problem: () => 'it contains a control character',
  },
  {
    pattern: /(\[object \w+\])/,
    problem: (found) => `an object was turned into the string '${found}'`,
  },
  {
    pattern: /(?:^|[/\\:])(undefined|null|NaN)(?:\.[a-z]\w*)?(?:\?|$)/,
    problem: (found) => `a value was missing when the URL was put together, so it contains '${found}'`,
  },
  {
    pattern: /^(?:file:|sqlite:\/\/\/)?(true|false)(?:\?|$)/i,
    problem: (found) => `'${found}' is a boolean, not the name of a database`,
    spelling: (found) => `./${found}`,
  },
  {
    // One that has more than a name between its braces may be a GUID.
    pattern: /(\$\{[^}]*\}|\{\{[^}]*\}\}|(?<!%24)\{\w[\w.]*\}|<[^<>/]+>)/,
    problem: (found) => `nothing has replaced the variable '${found}' with its value`,
  },
  {
    pattern: /(?:^|[/\\:])(\$[A-Z_][A-Z0-9_]*)(?:[/\\?]|$)/,
    problem: (found) => `nothing has replaced the variable '${found}' with its value`,
  },
  {
    pattern: /(?:^(?:file:)?|[/\\])(%[a-z_]\w*%)(?:[/\\?]|$)/i,
    problem: (found) => `nothing has replaced the variable '${found}' with its value`,
  },
  {
    pattern: /^((?:data source|filename|(?:\w+_)?url)\s*=)/i,
    problem: (found) => `the URL is only what follows '${found}'`,
  },
  {
    pattern: /^(?:file:|sqlite:\/\/\/)?(~)[/\\]/,
    problem: () => 'SQLite does not replace `~` with the home directory, as a shell does. Use `os.homedir()`',
  },
]

/**
 * Refuses what can only be a mistake, and would name a file all the same: what a shell, a template or an environment
 * file has left in the text. Percent-encoded in a `file:` URI, each of them is a name like any other.
 *
 * @throws SqliteUrlError
 */
export function refuseObviousMistakes(url: string): void {
  const [, , quoted] = /^(["'`])(.*)\1$/s.exec(url) ?? []
  if (quoted !== undefined) {
    const problem = 'the quotes around it are part of it'
    throw urlFault(url, { reason: 'name', part: url, problem, didYouMean: quoted })
  }
  for (const { pattern, problem, spelling } of MISTAKES) {
    const match = pattern.exec(url)
    if (match === null) continue
    const [whole, found = ''] = match
    const start = match.index + whole.indexOf(found)
    const meant = spelling?.(found) ?? encodedWhere(url, (index) => index === start)
    throw urlFault(url, { reason: 'name', part: found, problem: `${problem(found)}. ${ifMeant(meant)}` })
  }
}

/** @param url with white space around it, and valid without */
export function whiteSpaceFault(url: string): Error {
  const [trimmed, start, end] = [url.trim(), url.length - url.trimStart().length, url.trimEnd().length]
  return urlFault(url, {
    reason: 'name',
    part: url,
    problem:
      trimmed === ''
        ? 'it consists of white space'
        : `there is white space around it. ${ifMeant(encodedWhere(url, (index) => index < start || index >= end))}`,
    didYouMean: trimmed === '' ? ':memory:' : trimmed,
  })
}

function ifMeant(spelling: string): string {
  return `If a file has that name, write '${spelling}'`
}

/** The URL of a file that has the characters at fault on purpose. */
function encodedWhere(url: string, isAtFault: (index: number) => boolean): string {
  const isUri = url.trimStart().startsWith('file:')
  const plain = isUri ? (character: string) => character : encodedForFileUri
  const characters = url
    .split('')
    .map((character, index) => (isAtFault(index) ? percentEncoded(character) : plain(character)))
  const path = characters.slice(url.startsWith('sqlite:///') ? 'sqlite:///'.length : 0).join('')
  return `${isUri ? '' : 'file:'}${path}`
}

function percentEncoded(character: string): string {
  const octets = Array.from(new TextEncoder().encode(character), (octet) => octet.toString(16).toUpperCase())
  return octets.map((octet) => `%${octet.padStart(2, '0')}`).join('')
}
