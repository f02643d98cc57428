import type { OperationNode } from 'kysely'

export function keyCount(node: object): number {
  let count = 0
  for (const _ in node) count += 1
  return count
}

export function partOf(node: object, key: string): unknown {
  return (node as Record<string, unknown>)[key]
}

/**
 * The keys that a node of this kind has in every query, besides its kind, in the order in which Kysely compiles them. Undefined for kinds
 * that do not always have the same ones.
 */
export function fixedKeys(kind: OperationNode['kind']): readonly string[] | undefined {
  return KEYS.get(kind)
}

const KEYS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    AliasNode: ['node', 'alias'],
    AndNode: ['left', 'right'],
    ColumnUpdateNode: ['column', 'value'],
    FunctionNode: ['func', 'arguments'],
    GroupByItemNode: ['groupBy'],
    GroupByNode: ['items'],
    IdentifierNode: ['name'],
    JoinNode: ['joinType', 'table', 'on'],
    LimitNode: ['limit'],
    OffsetNode: ['offset'],
    OnNode: ['on'],
    OrderByItemNode: ['orderBy', 'direction'],
    OrderByNode: ['items'],
    OrNode: ['left', 'right'],
    ParensNode: ['node'],
    RawNode: ['sqlFragments', 'parameters'],
    ReturningNode: ['selections'],
    SelectAllNode: [],
    ValueListNode: ['values'],
    ValuesNode: ['values'],
  }),
)
