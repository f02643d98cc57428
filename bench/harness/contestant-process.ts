/** What the process of one contestant in one case is asked to do, one thing after the other. */
import { casesIn } from '../cases/index.ts'
import type { Seat } from './case.ts'
import { Stopwatch } from './stopwatch.ts'

export interface Entry extends Seat {
  /** Of the case, in its folder. No other is loaded: a cold start would find its imports warm. */
  readonly file: string
  readonly name: string
}

let stopwatch: Stopwatch
process.once('disconnect', () => process.exit())

export async function start({ file, name, ...seat }: Entry): Promise<void> {
  const chosen = (await casesIn(file)).find((each) => each.name === name)!
  stopwatch = new Stopwatch(await chosen.start(seat))
}

export function warmUp(ms: number): Promise<void> {
  return stopwatch.warmUp(ms)
}

export function figure(): Promise<number> {
  return stopwatch.figure()
}
