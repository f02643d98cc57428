/** The process of one entrant: tells its parent when it is ready, then does what it is asked, one thing after the other. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Enter, Entry, Reply, Request } from './entrant.ts'
import { Stopwatch } from './stopwatch.ts'

const { module, data } = JSON.parse(process.argv[2]!) as Entry
const folder = mkdtempSync(join(tmpdir(), 'poolclass-bench-'))

// Also where it is killed in its work: a file of a benchmark is not to stay.
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
process.once('disconnect', () => process.exit())

const answer = async (work: () => Promise<number>): Promise<void> => {
  let reply: Reply
  try {
    reply = { value: await work() }
  } catch (error) {
    reply = { cannot: firstSentences(error instanceof Error ? error.message : String(error)) }
  }
  process.send!(reply)
}

/** Whole sentences of the first line: a stack may follow, and what announces it. */
function firstSentences(message: string): string {
  return message.split('\n', 1)[0]!.replace(/(?<=\.) [^.]*:$/, '')
}

let stopwatch: Stopwatch

await answer(async () => {
  const { enter } = (await import(module)) as { enter: Enter }
  stopwatch = new Stopwatch(await enter(data as never, folder))
  return 0
})

process.on('message', (request: Request) =>
  answer(async () => {
    if (request.do === 'run') return stopwatch.time()
    await stopwatch.warmUp(request.ms)
    return 0
  }),
)
