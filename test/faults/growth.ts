import { expect } from 'vitest'
import { effort, printInLongRun } from '../support/effort.ts'
import type { Footprint, Footprints } from './scripts/footprint.ts'

const MEGABYTE = 1024 * 1024

/** Bytes from the tenth to the end of any run: a process that leaks nothing takes its time to get as large as it needs. */
const ANY = { heap: 8 * MEGABYTE, rss: 96 * MEGABYTE }

/**
 * Bytes from the half to the end. The second half of a million queries that leak nothing was measured to add up to 0.2 MB
 * to a heap, and 3 MB to rss, with a worker thread 30 MB in one step. So are found: 2 bytes a query that leak on a heap,
 * and outside of the heaps 34, with a thread 100.
 */
const SETTLED = { heap: MEGABYTE, rss: 16 * MEGABYTE }
const SETTLED_WITH_THREAD = { heap: MEGABYTE, rss: 48 * MEGABYTE }

/**
 * SQLite keeps the descriptor of a closed connection while another one has a lock on the file, because closing it would
 * drop the lock, and gives it to the next connection: so there are as many as were ever closed at once. See
 * "Posix Advisory Locking" in https://sqlite.org/src/file/src/os_unix.c
 */
const KEPT_DESCRIPTORS = 8

/** In the first half of a million queries, rss takes such steps without a thread too. */
const isSettledHalfWay = effort >= 50

/** Nothing has become more, and memory only by what is not worth speaking of. */
export function expectNoGrowth({ tenth, half, end }: Footprints): void {
  expect(counted(end)).toEqual(counted(tenth))
  expect((end.descriptors ?? 0) - (tenth.descriptors ?? 0)).toBeLessThanOrEqual(KEPT_DESCRIPTORS)
  expectNoMoreMemory(tenth, end, ANY)
  const settled = end.heapUsedInThread === undefined ? SETTLED : SETTLED_WITH_THREAD
  if (isSettledHalfWay) expectNoMoreMemory(half, end, settled)
}

export function printFootprints(what: string, { start, tenth, half, end }: Footprints): void {
  printInLongRun(what, { start: row(start), 'a tenth': row(tenth), half: row(half), end: row(end) })
}

function expectNoMoreMemory(before: Footprint, after: Footprint, bounds: typeof ANY): void {
  expect(after.heapUsed - before.heapUsed).toBeLessThan(bounds.heap)
  expect((after.heapUsedInThread ?? 0) - (before.heapUsedInThread ?? 0)).toBeLessThan(bounds.heap)
  expect(after.rss - before.rss).toBeLessThan(bounds.rss)
}

function counted({ resources, listeners, threads }: Footprint): Partial<Footprint> {
  return { resources, listeners, threads }
}

function row({ heapUsed, heapUsedInThread, rss, descriptors, threads, resources }: Footprint): object {
  return {
    'heap (KB)': kilobytes(heapUsed),
    ...(heapUsedInThread !== undefined && { 'heap in the thread (KB)': kilobytes(heapUsedInThread) }),
    'rss (KB)': kilobytes(rss),
    descriptors,
    threads,
    resources: resources.length,
  }
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 1024)
}
