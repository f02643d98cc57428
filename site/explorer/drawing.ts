import type { ExplainedPool, Explanation } from '@poolclass/dialect/explain'

type Location = NonNullable<Explanation['location']>

/** A connection as it is drawn: one that stays open, or one that is there under load alone. */
interface DrawnConnection {
  readonly x: number
  readonly y: number
  readonly stays: boolean
}

/** A thread with its connections. */
export interface DrawnThread {
  readonly x: number
  readonly width: number
  readonly label: string
  readonly connections: readonly DrawnConnection[]
  /** What the box has no room for. */
  readonly more: string
}

const WIDTH = 360
const MOST_DRAWN = 8

/** The threads that hold connections, side by side. */
export function threadsOf({ connections, kept, threads, name }: ExplainedPool): DrawnThread[] {
  const boxes = Math.min(Math.max(threads, 1), 3)
  const all = connections ?? Infinity
  const stays = kept ?? Infinity
  const width = (WIDTH - 20 - (boxes - 1) * 10) / boxes
  const drawnInAll = Math.max(boxes, Math.min(all, MOST_DRAWN))
  return Array.from({ length: boxes }, (_thread, index) => {
    const here = Math.ceil((drawnInAll - index) / boxes)
    const x = 10 + index * (width + 10)
    return {
      x,
      width,
      label: labelOf(threads, boxes, index),
      connections: Array.from({ length: here }, (_connection, at) => ({
        x: x + width / 2 + (at - (here - 1) / 2) * Math.min(34, (width - 16) / here),
        y: 178,
        stays: at * boxes + index < stays,
      })),
      more: index === 0 ? restOf(all, drawnInAll, name) : '',
    }
  })
}

function labelOf(threads: number, boxes: number, index: number): string {
  if (threads === 0) return 'the calling thread'
  if (threads > boxes && index === boxes - 1) return `threads ${index + 1} to ${threads}`
  return boxes > 2 ? `thread ${index + 1}` : `worker thread ${index + 1}`
}

function restOf(all: number, drawn: number, name: string): string {
  if (all === Infinity)
    return name === 'NullPool' ? 'one for each task, closed at once' : 'as many as tasks ask for'
  return all > drawn ? `${all} at most` : ''
}

/** The name of the database, short enough for its place. */
export function databaseNameOf(location: Location): string {
  const name = nameOf(location)
  return name.length > 18 ? `${name.slice(0, 17)}…` : name
}

function nameOf(location: Location): string {
  switch (location.kind) {
    case 'file':
      return location.path.split(/[/\\]/).at(-1) ?? location.path
    case 'shared-memory':
      return location.name
    case 'memory':
      return ':memory:'
    case 'temporary':
      return 'temporary'
    case 'server':
      return new URL(location.url).host
  }
}

/** Whom another thread, and another process, find there. */
export function isSeenBy(location: Location, other: 'thread' | 'process'): boolean {
  if (location.kind === 'memory' || location.kind === 'temporary') return false
  return other === 'thread' || location.kind !== 'shared-memory'
}
