import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** What a process has that could leak. */
export interface Leftovers {
  readonly resources: readonly string[]
  readonly listeners: Readonly<Record<string, number>>
  /** Of the operating system; absent where it does not tell. */
  readonly threads: number | undefined
}

/** An immediate has gone by the next turn of the event loop; one that comes again and again would keep the process. */
const PASSING: ReadonlySet<string> = new Set(['Immediate', 'PipeWrap', 'Timeout'])

export function leftovers(): Leftovers {
  return {
    resources: process
      .getActiveResourcesInfo()
      .filter((name) => !PASSING.has(name))
      .toSorted(),
    listeners: Object.fromEntries(
      process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
    ),
    threads: process.platform === 'linux' ? readdirSync('/proc/self/task').length : undefined,
  }
}

/** The same, once what is on its way out has gone, or has had two seconds to go. */
export async function leftoversInTheEnd(expected: Leftovers): Promise<Leftovers> {
  for (let round = 0; round < 100; round += 1) {
    const { resources, listeners, threads } = expected
    if (JSON.stringify(leftovers()) === JSON.stringify({ resources, listeners, threads })) break
    await delay(20)
  }
  return leftovers()
}
