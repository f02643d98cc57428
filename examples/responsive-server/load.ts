import { fork } from 'node:child_process'
import { once } from 'node:events'

/** Times are milliseconds. */
export interface SteadyLoadResult {
  /** How long each quick request took. */
  readonly quick: readonly number[]
  /** How long each slow request took. */
  readonly slow: readonly number[]
}

/** Told when all clients are connected, and when they are about to leave. */
export interface Observer {
  start(): void
  stop(): void
}

export interface FullLoadResult {
  readonly requestsPerSecond: number
}

/** Many clients that ask for a sale once a second each, and a report now and then. */
export async function runSteadyLoad(
  url: string,
  seconds: number,
  observer: Observer,
): Promise<SteadyLoadResult> {
  return await run(new URL('./steady-load.ts', import.meta.url), url, seconds, observer)
}

/** Some clients that ask for a sale again as soon as they have their answer. */
export async function runFullLoad(url: string, seconds: number): Promise<FullLoadResult> {
  return await run(new URL('./full-load.ts', import.meta.url), url, seconds)
}

/** In a process of its own, so that sending takes no time from the server's event loop. */
async function run<Result extends object>(
  program: URL,
  url: string,
  seconds: number,
  observer?: Observer,
): Promise<Result> {
  const child = fork(program, [url, String(seconds)])
  let result: Result | undefined
  child.on('message', (message: 'start' | 'stop' | Result) => {
    if (typeof message === 'string') observer?.[message]()
    else result = message
  })
  const [code] = await once(child, 'exit')
  if (code !== 0 || result === undefined) throw new Error(`${program.href} ended with exit code ${code}.`)
  return result
}
