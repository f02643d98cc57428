import type {
  BinaryOperationNode,
  ColumnNode,
  FromNode,
  IdentifierNode,
  InsertQueryNode,
  OperationNode,
  OperatorNode,
  PrimitiveValueListNode,
  ReferenceNode,
  SelectionNode,
  SelectQueryNode,
  TableNode,
  UpdateQueryNode,
  ValueNode,
  WhereNode,
} from 'kysely'
import { clausesOf, countOf, fixedKeys, hasNoSchema, keyCount, partOf } from './node-keys.ts'
import { NO_SHAPE, type QueryShape, ShapeTree } from './shape-tree.ts'

/**
 * Finds the shapes of queries. A shape is all of a query but its parameters.
 *
 * A query is read as a list of parts, and each part is a step through the tree of shapes. A node of a usual kind with the usual
 * keys is read as its kind and what it holds. Any other node is read with the names of its keys, so a key that a later Kysely
 * adds makes another shape. Different queries make different lists.
 */
export class QueryShapes {
  /** The parameters of the query that was looked up last, in the order in which it was read. */
  parameters: unknown[] = []
  readonly #tree: ShapeTree = new ShapeTree()

  /**
   * Undefined for a query that is too long, or is not made of plain nodes. Kysely compiles some nodes that are not of its types, such as
   * `where: null`, which throw when they are read here.
   */
  find(query: OperationNode): QueryShape | undefined {
    this.parameters = []
    try {
      const shape = this.#read(this.#tree.root, query)
      return shape === NO_SHAPE ? undefined : shape
    } catch {
      return undefined
    }
  }

  remember(shape: QueryShape, sql: string, order: readonly number[] | undefined): void {
    this.#tree.remember(shape, sql, order)
  }

  #step(at: QueryShape, part: unknown): QueryShape {
    const { next } = at
    return next !== undefined && next.part === part ? next : this.#tree.branch(at, part)
  }

  #read(at: QueryShape, node: OperationNode): QueryShape {
    if (at === NO_SHAPE) return at
    switch (node.kind) {
      case 'ReferenceNode':
        return this.#readReference(at, node)
      case 'ValueNode':
        return this.#readValue(at, node)
      case 'TableNode':
        return this.#readTable(at, node)
      case 'BinaryOperationNode':
        return this.#readOperation(at, node)
      case 'SelectQueryNode':
        return this.#readSelect(at, node as SelectQueryNode)
      case 'InsertQueryNode':
        return this.#readInsert(at, node as InsertQueryNode)
      case 'UpdateQueryNode':
        return this.#readUpdate(at, node as UpdateQueryNode)
      case 'PrimitiveValueListNode':
        return this.#readValues(at, node as PrimitiveValueListNode)
      case 'ColumnNode':
        return this.#readColumn(at, node)
      case 'FromNode':
        return this.#readFrom(at, node)
      case 'WhereNode':
        return this.#readWhere(at, node)
      case 'SelectionNode':
        return this.#readSelection(at, node)
      default:
        return this.#readKeys(at, node)
    }
  }

  /** Reads a node by its keys, whose names need no steps if the kind always has these keys. */
  #readKeys(at: QueryShape, node: OperationNode): QueryShape {
    const keys = fixedKeys(node.kind)
    if (keys === undefined || keyCount(node) !== keys.length + 1) return this.#readAny(at, node)
    let next = this.#step(at, node.kind)
    for (const key of keys) {
      const part = partOf(node, key)
      if (part === undefined && !(key in node)) return NO_SHAPE
      next = this.#readPart(next, part)
    }
    return next
  }

  #readAny(at: QueryShape, node: OperationNode): QueryShape {
    if (Object.getPrototypeOf(node) !== Object.prototype) return NO_SHAPE
    let next = this.#step(at, NODE)
    for (const key in node) {
      if (next === NO_SHAPE) return next
      const part = partOf(node, key)
      // Kysely's plugins give a node all the keys of its kind, most of them undefined.
      if (part !== undefined) next = this.#readPart(this.#step(next, key), part)
    }
    return this.#step(next, END)
  }

  #readPart(at: QueryShape, part: unknown): QueryShape {
    if (typeof part !== 'object' || part === null) return this.#step(at, part)
    if (!Array.isArray(part)) return this.#read(this.#step(at, NODE), part as OperationNode)
    let next = this.#step(at, LIST)
    for (const one of part) {
      if (next === NO_SHAPE) return next
      next = this.#readPart(next, one)
    }
    return this.#step(next, END)
  }

  #readList(at: QueryShape, nodes: readonly OperationNode[]): QueryShape {
    if (!Array.isArray(nodes)) return NO_SHAPE
    let next = at
    for (let n = 0; n < nodes.length && next !== NO_SHAPE; n += 1) next = this.#read(next, nodes[n]!)
    return this.#step(next, nodes.length)
  }

  #readSelect(at: QueryShape, node: SelectQueryNode): QueryShape {
    const { from, joins, selections, where, orderBy, limit } = node
    const clauses = clausesOf(node)
    if (keyCount(node) !== 1 + countOf(clauses)) return this.#readAny(at, node)
    let next = this.#step(this.#step(at, node.kind), clauses)
    if (from !== undefined) next = this.#readFrom(next, from)
    if (joins !== undefined) next = this.#readList(next, joins)
    if (selections !== undefined) next = this.#readSelections(next, selections)
    if (where !== undefined) next = this.#readWhere(next, where)
    if (orderBy !== undefined) next = this.#read(next, orderBy)
    return limit === undefined ? next : this.#read(next, limit)
  }

  #readInsert(at: QueryShape, node: InsertQueryNode): QueryShape {
    const { into, columns, values, replace } = node
    const hasAll = into !== undefined && columns !== undefined && values !== undefined && 'replace' in node
    if (!hasAll || keyCount(node) !== 5) return this.#readAny(at, node)
    const next = this.#readTable(this.#step(this.#step(at, node.kind), replace), into)
    return this.#read(this.#readList(next, columns), values)
  }

  #readUpdate(at: QueryShape, node: UpdateQueryNode): QueryShape {
    const { table, updates, where } = node
    const hasAll = table !== undefined && updates !== undefined && where !== undefined
    if (!hasAll || keyCount(node) !== 4) return this.#readAny(at, node)
    const next = this.#readTable(this.#step(at, node.kind), table)
    return this.#readWhere(this.#readList(next, updates), where)
  }

  #readFrom(at: QueryShape, node: OperationNode): QueryShape {
    if (node.kind !== 'FromNode') return this.#read(at, node)
    if (keyCount(node) !== 2) return this.#readAny(at, node)
    const next = this.#step(at, node.kind)
    const { froms } = node as FromNode
    return froms.length === 1 ? this.#step(this.#readTable(next, froms[0]!), 1) : this.#readList(next, froms)
  }

  #readWhere(at: QueryShape, node: OperationNode): QueryShape {
    if (node.kind !== 'WhereNode') return this.#read(at, node)
    if (keyCount(node) !== 2) return this.#readAny(at, node)
    return this.#readOperation(this.#step(at, node.kind), (node as WhereNode).where)
  }

  #readSelections(at: QueryShape, nodes: readonly OperationNode[]): QueryShape {
    if (!Array.isArray(nodes)) return NO_SHAPE
    let next = at
    for (let n = 0; n < nodes.length; n += 1) next = this.#readSelection(next, nodes[n]!)
    return this.#step(next, nodes.length)
  }

  #readSelection(at: QueryShape, node: OperationNode): QueryShape {
    if (node.kind !== 'SelectionNode') return this.#read(at, node)
    if (keyCount(node) !== 2) return this.#readAny(at, node)
    const next = this.#step(at, node.kind)
    const { selection } = node as SelectionNode
    const isAll = selection.kind === 'SelectAllNode' && keyCount(selection) === 1
    return isAll ? this.#step(next, selection.kind) : this.#readReference(next, selection)
  }

  #readOperation(at: QueryShape, node: OperationNode): QueryShape {
    if (node.kind !== 'BinaryOperationNode') return this.#read(at, node)
    const { leftOperand, operator, rightOperand } = node as BinaryOperationNode
    const isUsual = keyCount(node) === 4 && operator.kind === 'OperatorNode' && keyCount(operator) === 2
    if (!isUsual) return this.#readAny(at, node)
    let next = this.#step(at, node.kind)
    next = this.#readReference(next, leftOperand)
    next = this.#step(next, (operator as OperatorNode).operator)
    return this.#readValue(next, rightOperand)
  }

  #readReference(at: QueryShape, node: OperationNode): QueryShape {
    if (node.kind !== 'ReferenceNode') return this.#read(at, node)
    if (keyCount(node) !== 3 || !('table' in node)) return this.#readAny(at, node)
    const { table, column } = node as ReferenceNode
    const next = this.#step(at, node.kind)
    return this.#readColumn(
      table === undefined ? this.#step(next, table) : this.#readTable(next, table),
      column,
    )
  }

  #readTable(at: QueryShape, node: OperationNode): QueryShape {
    if (node.kind !== 'TableNode') return this.#read(at, node)
    const { table } = node as TableNode
    if (keyCount(node) !== 2 || !hasNoSchema(table)) return this.#readAny(at, node)
    return this.#readName(at, node, table.identifier)
  }

  #readColumn(at: QueryShape, node: OperationNode): QueryShape {
    if (node.kind !== 'ColumnNode') return this.#read(at, node)
    if (keyCount(node) !== 2) return this.#readAny(at, node)
    return this.#readName(at, node, (node as ColumnNode).column)
  }

  /** @param named The node that has a name, and nothing else. */
  #readName(at: QueryShape, named: OperationNode, identifier: IdentifierNode): QueryShape {
    const isUsual = identifier.kind === 'IdentifierNode' && keyCount(identifier) === 2
    return isUsual ? this.#step(this.#step(at, named.kind), identifier.name) : this.#readAny(at, named)
  }

  #readValue(at: QueryShape, node: OperationNode): QueryShape {
    if (node.kind !== 'ValueNode') return this.#read(at, node)
    const { value } = node as ValueNode
    if (keyCount(node) !== 2 || (value === undefined && !('value' in node))) return this.#readAny(at, node)
    this.parameters.push(value)
    return this.#step(at, node.kind)
  }

  #readValues(at: QueryShape, node: PrimitiveValueListNode): QueryShape {
    if (keyCount(node) !== 2) return this.#readAny(at, node)
    const { values } = node
    for (let n = 0; n < values.length; n += 1) this.parameters.push(values[n])
    return this.#step(this.#step(at, node.kind), values.length)
  }
}

/** What follows is a node among other parts, or one that is read with the names of its keys. */
const NODE = Symbol('node')
const LIST = Symbol('list')
const END = Symbol('end')
