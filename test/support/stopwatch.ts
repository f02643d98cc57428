import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/**
 * Starts to measure what the main thread takes: milliseconds, without those in which the machine was so busy with
 * something else that it had no core for the thread (where the system tells, which is Linux).
 */
export function stopwatch(): () => number {
  const start = performance.now() - waitedForCore()
  return () => performance.now() - waitedForCore() - start
}

/** https://docs.kernel.org/scheduler/sched-stats.html: nanoseconds on a core, nanoseconds in wait for one. */
function waitedForCore(): number {
  if (process.platform !== 'linux' || !isMainThread) return 0
  const [, waited = '0'] = readFileSync('/proc/self/schedstat', 'utf8').split(' ')
  return Number(waited) / 1e6
}
