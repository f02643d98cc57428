/** Parameters in a form that arrives in another thread as SQLite would see them here. */
export function packParameters(parameters: readonly unknown[]): readonly unknown[] {
  return parameters.every(travelsAsItIs) ? parameters : parameters.map(packed)
}

function travelsAsItIs(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'undefined':
      return true
    default:
      return value === null
  }
}

function packed(value: unknown): unknown {
  if (travelsAsItIs(value)) return value
  return ArrayBuffer.isView(value) ? bytesOf(value) : UNBINDABLE
}

/** A copy: with a view of a larger memory, such as Node's pool of small Buffers, all of that memory would travel. */
function bytesOf(view: ArrayBufferView): Uint8Array | DataView {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice()
  return view instanceof DataView ? new DataView(bytes.buffer) : bytes
}

/** Stands for what better-sqlite3 refuses to bind, and is refused in the same way; a function could not even travel. */
const UNBINDABLE = true
