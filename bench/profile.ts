/**
 * Runs one contestant of one case for a while, for a profiler:
 *
 * ```sh
 * node --cpu-prof --cpu-prof-dir=/tmp bench/profile.ts --case insert --column 'WAL file' --contestant QueuePool
 * node bench/profile.ts --case insert --allocations
 * ```
 */
import { mkdtempSync, rmSync } from 'node:fs'
import type { HeapProfiler } from 'node:inspector'
import { Session } from 'node:inspector/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { allCases } from './cases/index.ts'
import { Stopwatch } from './harness/stopwatch.ts'

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'point select' },
    column: { type: 'string', default: 'memory' },
    contestant: { type: 'string', default: 'StaticPool' },
    seconds: { type: 'string', default: '5' },
    allocations: { type: 'boolean' },
  },
})
const { contestant } = values
const chosen = (await allCases()).find(({ name }) => name === values.case)
const column = chosen?.columns.find((each) => String(each) === values.column)
if (column === undefined) throw new Error(`There is no case ${values.case} at ${values.column}`)
const folder = mkdtempSync(join(tmpdir(), 'poolclass-profile-'))
process.once('exit', () => rmSync(folder, { recursive: true }))
const stopwatch = new Stopwatch(await chosen!.start({ contestant, column, folder }))
await stopwatch.warmUp(200)
if (values.allocations) await sample()
else await run()
process.exit()

/** Returns how many operations it has done. */
async function run(): Promise<number> {
  const figures: number[] = []
  const end = performance.now() + Number(values.seconds) * 1000
  while (performance.now() < end) figures.push(await stopwatch.figure())
  const mean = figures.reduce((sum, each) => sum + each) / figures.length
  console.log(`${mean.toFixed(0)} ${chosen!.unit ?? 'nanoseconds'} each`)
  return figures.length * stopwatch.operations
}

/** Shows who allocates most. What is collected at once counts, too. */
async function sample(): Promise<void> {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 1024,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  const operations = await run()
  const { profile } = await session.post('HeapProfiler.stopSampling')
  const sizes = [...sizesByFunction(profile.head, new Map())].toSorted(([, a], [, b]) => b - a)
  const total = sizes.reduce((sum, [, size]) => sum + size, 0)
  console.log(`${(total / operations).toFixed(0)} bytes each, of which`)
  for (const [where, size] of sizes.slice(0, 25)) console.log(`${(size / operations).toFixed(0)}  ${where}`)
}

type Node = HeapProfiler.SamplingHeapProfileNode

function sizesByFunction(
  { callFrame, selfSize, children }: Node,
  sizes: Map<string, number>,
): Map<string, number> {
  const file = callFrame.url.split('/').slice(-2).join('/')
  const where = `${callFrame.functionName || '(anonymous)'} ${file}:${callFrame.lineNumber + 1}`
  sizes.set(where, (sizes.get(where) ?? 0) + selfSize)
  for (const child of children) sizesByFunction(child, sizes)
  return sizes
}
