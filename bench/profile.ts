/**
 * Runs one contestant of one case for a while, for a profiler:
 *
 * ```sh
 * node --cpu-prof --cpu-prof-dir=/tmp bench/profile.ts --case insert --column 'WAL file' --contestant QueuePool
 * node bench/profile.ts --case insert --allocations
 * ```
 */
import type { HeapProfiler } from 'node:inspector'
import { Session } from 'node:inspector/promises'
import { parseArgs } from 'node:util'
import { allCases } from './cases/index.ts'
import { figure, operations, start, warmUp } from './harness/contestant-process.ts'

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'point select' },
    column: { type: 'string', default: 'memory' },
    contestant: { type: 'string', default: 'StaticPool' },
    seconds: { type: 'string', default: '5' },
    allocations: { type: 'boolean' },
  },
})
const chosen = (await allCases()).find(({ name }) => name === values.case)
const column = chosen?.columns.find((each) => String(each) === values.column)
if (column === undefined) throw new Error(`There is no case ${values.case} at ${values.column}`)
await start({ ...chosen!, contestant: values.contestant, column })
await warmUp(200)
if (values.allocations) await sampleAllocations()
else await run()
process.exit()

/** Returns how many operations it has done. */
async function run(): Promise<number> {
  const figures: number[] = []
  const end = performance.now() + Number(values.seconds) * 1000
  while (performance.now() < end) figures.push(await figure())
  const mean = figures.reduce((sum, each) => sum + each) / figures.length
  console.log(`${mean.toFixed(0)} ${chosen!.unit ?? 'nanoseconds'} each`)
  return figures.length * operations()
}

/** Shows who allocates most. What is collected at once counts, too. */
async function sampleAllocations(): Promise<void> {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 1024,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  const done = await run()
  const { profile } = await session.post('HeapProfiler.stopSampling')
  const sizes = new Map<string, number>()
  addSizes(profile.head, sizes)
  const total = [...sizes.values()].reduce((sum, size) => sum + size)
  console.log(`${(total / done).toFixed(0)} bytes each, of which`)
  const most = [...sizes].toSorted(([, a], [, b]) => b - a).slice(0, 25)
  for (const [where, size] of most) console.log(`${(size / done).toFixed(0).padStart(6)}  ${where}`)
}

/** By function. */
function addSizes(node: HeapProfiler.SamplingHeapProfileNode, sizes: Map<string, number>): void {
  const { functionName, url, lineNumber } = node.callFrame
  const where = `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
  sizes.set(where, (sizes.get(where) ?? 0) + node.selfSize)
  for (const child of node.children) addSizes(child, sizes)
}
