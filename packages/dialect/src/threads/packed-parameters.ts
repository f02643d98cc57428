/**
 * Parameters in a form that arrives in another thread as SQLite would see them here. Always a list of its own: the user's
 * may have properties besides its elements, or may be a proxy, neither of which can travel.
 */
export function packParameters(parameters: readonly unknown[]): unknown[] {
  const all: unknown[] = []
  for (let i = 0; i < parameters.length; i += 1) all.push(packed(parameters[i]))
  return all
}

function packed(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'undefined':
      return value
    default:
      if (value === null) return value
      return ArrayBuffer.isView(value) ? packedBytes(value) : UNBINDABLE
  }
}

/** A copy: with a view of a larger memory, such as Node's pool of small Buffers, all of that memory would travel. */
function packedBytes(view: ArrayBufferView): Uint8Array | DataView | bigint {
  if (view.byteLength > MOST_BYTES) return TOO_BIG
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice()
  return view instanceof DataView ? new DataView(bytes.buffer) : bytes
}

/** Stands for what better-sqlite3 refuses to bind, and is refused in the same way; a function could not even travel. */
const UNBINDABLE = true

/** SQLite takes no longer blob, https://www.sqlite.org/limits.html#max_length */
const MOST_BYTES = 2 ** 31 - 1

/** Stands for a blob that is too long, and is refused in the same way; beyond 4 GB it could not even travel. */
const TOO_BIG = 2n ** 64n
