/** Work that is done at once, or later. Most of a pool's work is done at once, and then no promise is made for it. */
export type MaybePromise<T> = T | Promise<T>

/** The one promise that every check-in returns which had nothing to wait for. */
export const DONE: Promise<void> = Promise.resolve()

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
