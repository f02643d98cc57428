import type { OperationNode, SchemableIdentifierNode, SelectQueryNode } from 'kysely'

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

/** A plugin gives it the key of a schema, without one. */
export function hasNoSchema(name: SchemableIdentifierNode): boolean {
  if (name.kind !== 'SchemableIdentifierNode' || name.schema !== undefined) return false
  return keyCount(name) === ('schema' in name ? 3 : 2)
}

/** A number that tells which of the clauses a select has that most have. */
export function clausesOf({ from, joins, selections, where, orderBy, limit }: SelectQueryNode): number {
  let clauses = 0
  if (from !== undefined) clauses += FROM
  if (joins !== undefined) clauses += JOINS
  if (selections !== undefined) clauses += SELECTIONS
  if (where !== undefined) clauses += WHERE
  if (orderBy !== undefined) clauses += ORDER_BY
  if (limit !== undefined) clauses += LIMIT
  return clauses
}

export function countOf(clauses: number): number {
  return clauses & 0o7
}

/** A bit for each clause, and a one in the last three bits, which count the clauses. */
const FROM = 0o11
const JOINS = 0o21
const SELECTIONS = 0o41
const WHERE = 0o101
const ORDER_BY = 0o201
const LIMIT = 0o401
