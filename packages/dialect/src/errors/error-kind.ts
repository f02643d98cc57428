/** The code of an error; undefined if it has none. Code may throw any value, or abort with any value. */
export function codeOf(error: unknown): string | undefined {
  return textOf((error as { readonly code?: unknown } | null | undefined)?.code)
}

/** What may be shown of an error: its code, or else its name. Its message may contain values, so it is not shown. */
export function kindOf(error: unknown): string | undefined {
  return codeOf(error) ?? textOf((error as { readonly name?: unknown } | null | undefined)?.name)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
