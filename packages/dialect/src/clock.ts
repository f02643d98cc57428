/**
 * The timers of Node.js as they were when the package was loaded. A fake clock may have taken their place when a part of the
 * package is loaded later, so such a part takes them from here.
 */
const timers = process.getBuiltinModule('node:timers')
const promises = process.getBuiltinModule('node:timers/promises')

export const clearInterval: typeof import('node:timers').clearInterval = timers.clearInterval
export const clearTimeout: typeof import('node:timers').clearTimeout = timers.clearTimeout
export const setImmediate: typeof import('node:timers').setImmediate = timers.setImmediate
export const setInterval: typeof import('node:timers').setInterval = timers.setInterval
export const setTimeout: typeof import('node:timers').setTimeout = timers.setTimeout
/** Resolves after so many milliseconds. */
export const sleep: typeof import('node:timers/promises').setTimeout = promises.setTimeout
/** Resolves after a turn of the event loop. */
export const turn: typeof import('node:timers/promises').setImmediate = promises.setImmediate
/** Node's own, even where a fake `process` was put in place before the package was loaded. */
export const nextTick: typeof process.nextTick = process.getBuiltinModule('node:process').nextTick

const { hrtime } = process.getBuiltinModule('node:process')

/** On a clock that all threads share. It begins anew every 2,000 seconds. */
export function microseconds(): number {
  const [seconds, nanoseconds] = hrtime()
  return (seconds % 2000) * 1e6 + Math.trunc(nanoseconds / 1000)
}
