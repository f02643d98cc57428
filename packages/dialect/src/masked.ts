/**
 * The text without its secrets: a URL of SQLite holds none, but URLs of other databases end up here too, with
 * passwords, tokens and keys. A password reaches to the last `@`, in case it is not encoded.
 */
export function masked(text: string): string {
  const isLocalFile = /^file:(?!\/\/[^/])/.test(text)
  const withoutUserInfo = isLocalFile
    ? text
    : text.replace(/(\/\/[^:@/]*):.*@/s, '$1:***@').replace(/^([a-z][a-z0-9+.-]*:[^:@/]*):.*@/is, '$1:***@')
  return withoutUserInfo.replace(SECRET_PARAMETER, '$1***')
}

/** Takes the secrets out of an error's message and stack. */
export function maskMessage(error: Error): void {
  const { message } = error
  error.message = masked(message)
  if (error.stack !== undefined) error.stack = error.stack.replace(message, () => error.message)
}

/** The same for an authority alone: `user:password@host`. */
export function maskedAuthority(authority: string): string {
  return masked(authority.replace(/^([^:@/]*):.*@/s, '$1:***@'))
}

/** What the names of secrets end in. */
const SECRET = String.raw`(?:pass(?:word|wd|phrase|code)?|pwd|token|secret|key|jwt|auth|credentials?|sig(?:nature)?)`

/** A parameter whose name is percent-encoded in part may be any of them. */
const SECRET_PARAMETER = new RegExp(
  String.raw`((?:^|[?&;#])[^?&;#=]*${SECRET}\s*=|[?&;#][^?&;#=\s]*%[^?&;#=\s]*=)[^&;#]*`,
  'gi',
)
