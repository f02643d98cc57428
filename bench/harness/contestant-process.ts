/** What the process of one contestant in one case is asked to do, one thing after the other. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { casesIn } from '../cases/index.ts'
import type { Seat } from './case.ts'
import { Stopwatch } from './stopwatch.ts'

export interface Entry extends Seat {
  /** Of the case, in its folder. No other is loaded: a cold start would find its imports warm. */
  readonly file: string
  readonly name: string
}

const folder = mkdtempSync(join(tmpdir(), 'poolclass-bench-'))
process.chdir(folder)
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
process.once('disconnect', () => process.exit())
process.once('SIGTERM', () => process.exit())

let stopwatch: Stopwatch

export async function start({ file, name, ...seat }: Entry): Promise<void> {
  const chosen = (await casesIn(file)).find((each) => each.name === name)!
  stopwatch = new Stopwatch(await chosen.start(seat))
}

export const warmUp = (ms: number): Promise<void> => stopwatch.warmUp(ms)
export const runUp = (): Promise<void> => stopwatch.runUp()
export const figure = (): Promise<number> => stopwatch.figure()
/** How many a figure is of. */
export const operations = (): number => stopwatch.operations
