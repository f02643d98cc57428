/** What the pools import from Node.js, as a browser has it: its timers, and channels to which nobody listens. */
export const { setTimeout, clearTimeout } = globalThis
export const setImmediate = (callback: () => void): unknown => setTimeout(callback, 0)
export const clearImmediate = (timer: unknown): void => clearTimeout(timer as number)

interface Silence {
  readonly hasSubscribers: false
}

export const channel = (): Silence => ({ hasSubscribers: false })
export const tracingChannel = (): Silence => ({ hasSubscribers: false })
