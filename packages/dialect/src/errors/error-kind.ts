/** The code of an error. Whoever aborts or throws may do so with anything: undefined for what has none. */
export function codeOf(error: unknown): string | undefined {
  return textOf((error as { readonly code?: unknown } | null | undefined)?.code)
}

/** What can be shown of an error whose message may have values in it: its code, or else its name. */
export function kindOf(error: unknown): string | undefined {
  return codeOf(error) ?? textOf((error as { readonly name?: unknown } | null | undefined)?.name)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
