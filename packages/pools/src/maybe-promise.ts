/** Work that is done at once, or later. Most of a pool's work is done at once, and then no promise is made for it. */
export type MaybePromise<T> = T | Promise<T>

/** The one promise that every check-in returns which had nothing to wait for. */
export const done: Promise<void> = Promise.resolve()

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

/**
 * Settles as `work` does, unless the signal fires first: then it rejects with the signal's reason at once, and what
 * arrives later goes to `late`.
 */
export function abandonable<T>(work: Promise<T>, signal: AbortSignal, late: (value: T) => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const abandon = (): void => reject(signal.reason)
  const finish = (settle: () => void): void => {
    signal.removeEventListener('abort', abandon)
    settle()
  }
  signal.addEventListener('abort', abandon)
  work.then(
    (value) => finish(() => (signal.aborted ? late(value) : resolve(value))),
    (error: unknown) => finish(() => reject(error)),
  )
  return promise
}
