import type { RootOperationNode } from 'kysely'
import { keyCount, partOf } from './node-keys.ts'

/** A copy of the query that has an object of its own, a mark, in the place of each parameter. */
export function markedQuery(query: RootOperationNode): RootOperationNode {
  return copyOf(query) as RootOperationNode
}

function copyOf(part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part
  if (Array.isArray(part)) return part.map(copyOf)
  const kind = keyCount(part) === 2 ? partOf(part, 'kind') : undefined
  if (kind === 'ValueNode') return { kind, value: {} }
  if (kind === 'PrimitiveValueListNode')
    return { kind, values: (partOf(part, 'values') as unknown[]).map(() => ({})) }
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, copyOf(value)]))
}
