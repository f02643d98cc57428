/** A `Buffer` arrives as the `Uint8Array` that it also is. */
export function restored(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value
}
