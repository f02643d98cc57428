/** Makes objects of rows that are lists of values. */
export interface RowBuilder {
  readonly row: (values: unknown[]) => object
  /** Replaces each list by its object. */
  readonly rows: (lists: unknown[]) => unknown[]
}

/** @param names Of two columns with one name the last one counts. */
export function rowBuilder(names: readonly string[]): RowBuilder {
  const row = generated(names) ?? looped(names)
  return {
    row,
    rows(lists) {
      for (let i = 0; i < lists.length; i += 1) lists[i] = row(lists[i] as unknown[])
      return lists
    },
  }
}

/**
 * A function with the names written into it: an object literal is made in a tenth of the time that a loop takes. Undefined where code
 * must not be generated, as with `--disallow-code-generation-from-strings`.
 */
function generated(names: readonly string[]): RowBuilder['row'] | undefined {
  // A computed name, because a literal `__proto__: …` would set the prototype.
  const properties = names.map((name, i) => `[${JSON.stringify(name)}]: given(values[${i}])`)
  try {
    // oxlint-disable-next-line no-new-func -- of names that are JSON texts
    return new Function('given', `return (values) => ({ ${properties.join(', ')} })`)(given)
  } catch {
    return undefined
  }
}

function looped(names: readonly string[]): RowBuilder['row'] {
  return (values) => Object.fromEntries(names.map((name, i) => [name, given(values[i])]))
}

/** A blob as a `Buffer` over the same memory. */
function given(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value
}
