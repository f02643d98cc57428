import { performance } from 'node:perf_hooks'
import { Signal } from './protocol.ts'

/**
 * A thread that is ended while it loads a native addon can take the process along: the addon (better-sqlite3 13.2.0)
 * aborts when its environment goes. Nobody here ends a thread before it has loaded, but `process.exit()` does. So a process
 * that exits waits for the threads that are loading, and keeps the others from it.
 *
 * This file has both sides. The word `Signal.loading` is a value of `Loading`.
 */
const Loading = { notBegun: 0, underWay: 1, done: 2, forbidden: 3 } as const

type Words = Int32Array<SharedArrayBuffer>

/** Those that this thread has started and that have not answered yet. */
const workers: Set<Words> = new Set()

/** The calling thread's side: notes that a worker was started; returns what to call once it has answered, or is gone. */
export function watchLoading(words: Words): () => void {
  if (workers.size === 0) process.on('exit', untilLoaded)
  workers.add(words)
  return () => {
    if (workers.delete(words) && workers.size === 0) process.off('exit', untilLoaded)
  }
}

function untilLoaded(): void {
  const until = performance.now() + PATIENCE
  for (const words of workers) {
    const state = Atomics.compareExchange(words, Signal.loading, Loading.notBegun, Loading.forbidden)
    if (state !== Loading.underWay) continue
    Atomics.wait(words, Signal.loading, Loading.underWay, Math.max(0, until - performance.now()))
  }
}

/** The worker's side: called before it loads anything of its own. Never returns where the process exits. */
export function beginLoading(words: Words): void {
  const state = Atomics.compareExchange(words, Signal.loading, Loading.notBegun, Loading.underWay)
  if (state === Loading.forbidden) Atomics.wait(words, Signal.loading, Loading.forbidden)
}

/** The worker's side: called when it has opened a connection, or could not. */
export function endLoading(words: Words): void {
  if (Atomics.exchange(words, Signal.loading, Loading.done) !== Loading.done)
    Atomics.notify(words, Signal.loading)
}

/** Milliseconds that a process may exit later, at most: a module of the user's may wait for ever. */
const PATIENCE = 500
