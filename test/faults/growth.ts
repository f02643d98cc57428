import { expect } from 'vitest'
import type { Footprint } from './scripts/footprint.ts'

const MEGABYTE = 1024 * 1024

/** Bytes: what comes and goes in a process that leaks nothing. */
const HEAP = 8 * MEGABYTE
const RSS = 96 * MEGABYTE

/** Nothing has become more, and memory only by what is not worth speaking of. */
export function expectNoGrowth(before: Footprint, after: Footprint): void {
  const { heapUsed, rss, ...counted } = after
  expect(counted).toEqual({
    resources: before.resources,
    listeners: before.listeners,
    ...(before.threads !== undefined && { threads: before.threads, descriptors: before.descriptors }),
  })
  expect(heapUsed - before.heapUsed).toBeLessThan(HEAP)
  expect(rss - before.rss).toBeLessThan(RSS)
}
