import type { HeapProfiler } from 'node:inspector'
import { Session } from 'node:inspector/promises'

/** Bytes between two samples, on average. Less would slow down what is looked at. */
const INTERVAL = 1024

export interface Allocations {
  /** A function, with its file and line. */
  readonly where: string
  readonly bytes: number
}

/** What `work` allocates, by the function that allocates it: also what was collected at once. The most comes first. */
export async function sampleAllocations(work: () => Promise<void>): Promise<Allocations[]> {
  const session = new Session()
  session.connect()
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: INTERVAL,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    })
    await work()
    const { profile } = await session.post('HeapProfiler.stopSampling')
    return bySize(profile.head)
  } finally {
    session.disconnect()
  }
}

function bySize(head: HeapProfiler.SamplingHeapProfileNode): Allocations[] {
  const bytes = new Map<string, number>()
  const visit = ({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode): void => {
    const { functionName, url, lineNumber } = callFrame
    const where = `${functionName || '(anonymous)'} ${url.replace(/^.*\/(?=[^/]+\/[^/]+\/[^/]+$)/, '')}:${lineNumber + 1}`
    bytes.set(where, (bytes.get(where) ?? 0) + selfSize)
    children.forEach(visit)
  }
  visit(head)
  return [...bytes].map(([where, size]) => ({ where, bytes: size })).toSorted((a, b) => b.bytes - a.bytes)
}
