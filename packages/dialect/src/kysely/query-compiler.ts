import {
  type CompiledQuery,
  type IdentifierNode,
  type OperationNode,
  type QueryId,
  type RootOperationNode,
  SqliteQueryCompiler as KyselySqliteQueryCompiler,
} from 'kysely'
import { markedQuery } from './marked-query.ts'
import { QueryShapes } from './query-shapes.ts'
import type { QueryShape } from './shape-tree.ts'
import { noteCompiled } from './last-compiled.ts'

/**
 * Kysely's SQLite compiler, which compiles a query only if there was none of the same shape before, and has a shorter way from a node
 * to Kysely's own method for its kind. So the SQL and the parameters are Kysely's. The class has the same name because tools
 * tell compilers apart by it.
 */
export class SqliteQueryCompiler extends KyselySqliteQueryCompiler {
  /** It is written out because bundlers rename classes. */
  static override readonly name: string = 'SqliteQueryCompiler'

  /** Kysely's way, for every kind of node. */
  readonly #visitAnyNode: (node: OperationNode) => void = this.#inherited()
  /** Identifiers in their quotes, by name. */
  readonly #quoted: Map<string, string> = new Map()
  /** Absent in a subclass, which may write a node in another way each time. */
  readonly #shapes: QueryShapes | undefined =
    this.constructor === SqliteQueryCompiler ? new QueryShapes() : undefined
  #sql = ''
  #parameters: unknown[] = []

  override compileQuery<R = unknown>(node: RootOperationNode, queryId: QueryId): CompiledQuery<R> {
    const shapes = this.#shapes
    const shape = shapes?.find(node)
    if (shapes === undefined || shape === undefined) this.#compile(node)
    else if (shape.sql === undefined) this.#compileUnknown(node, shape, shapes)
    else {
      this.#sql = shape.sql
      this.#parameters = inOrder(shapes.parameters, shape.order)
    }
    noteCompiled(queryId)
    return Object.freeze({ query: node, queryId, sql: this.#sql, parameters: this.#parameters })
  }

  /** A shape is learned when it comes for the second time, because many a query comes only once. */
  #compileUnknown(node: RootOperationNode, shape: QueryShape, shapes: QueryShapes): void {
    this.#compile(node)
    shape.timesSeen += 1
    if (shape.timesSeen !== 2) return
    const { sql, parameters } = { sql: this.#sql, parameters: this.#parameters }
    this.#learn(sql, node, shape, shapes)
    this.#sql = sql
    this.#parameters = parameters
  }

  /**
   * Compiles the query with a mark for each parameter. The SQL must be the same, and only marks may be parameters. An error is no error of
   * the query, which has been compiled without the marks.
   */
  #learn(sql: string, node: RootOperationNode, shape: QueryShape, shapes: QueryShapes): void {
    try {
      const marked = markedQuery(node)
      if (shapes.find(marked) !== shape) return
      this.#compile(marked)
    } catch {
      return
    }
    const places = new Map(shapes.parameters.map((mark, place) => [mark, place]))
    const order = this.#parameters.map((mark) => places.get(mark) ?? NOWHERE)
    if (this.#sql !== sql || order.includes(NOWHERE) || places.size < shapes.parameters.length) return
    const isAsRead = order.length === places.size && order.every((place, n) => place === n)
    shapes.remember(shape, sql, isAsRead ? undefined : order)
  }

  #compile(node: RootOperationNode): void {
    this.#sql = ''
    this.#parameters = []
    // V8 throws the memory of an array away when its length is set to zero, even where it is zero.
    if (this.nodeStack.length > 0) this.nodeStack.length = 0
    this.visitNode(node)
  }

  /** Kysely reads the element at -1 for the outermost node, which V8 looks up as a name. */
  protected override get parentNode(): OperationNode | undefined {
    const { length } = this.nodeStack
    return length > 1 ? this.nodeStack[length - 2] : undefined
  }

  protected override get numParameters(): number {
    return this.#parameters.length
  }

  protected override getSql(): string {
    return this.#sql
  }

  protected override append(text: string): void {
    this.#sql += text
  }

  protected override addParameter(parameter: unknown): void {
    this.#parameters.push(parameter)
  }

  /**
   * Kysely looks the method up by the kind, which costs more than many a method. V8 compiles a short switch into its callers.
   * The kinds here have no query inside, so they need no place on the stack.
   */
  protected override readonly visitNode = (node: OperationNode): void => {
    switch (node.kind) {
      case 'ReferenceNode':
        return this.visitReference(node as never)
      case 'ColumnNode':
        return this.visitColumn(node as never)
      case 'IdentifierNode':
        return this.visitIdentifier(node as never)
      case 'TableNode':
        return this.visitTable(node as never)
      case 'SchemableIdentifierNode':
        return this.visitSchemableIdentifier(node as never)
      case 'ValueNode':
        return this.visitValue(node as never)
      case 'OperatorNode':
        return this.visitOperator(node as never)
      case 'SelectAllNode':
        return this.visitSelectAll(node as never)
      default:
        this.#visitParent(node)
    }
  }

  /** A query is written with or without parentheses, by the node that it is in. */
  #visitParent(node: OperationNode): void {
    this.nodeStack.push(node)
    switch (node.kind) {
      case 'BinaryOperationNode':
        this.visitBinaryOperation(node as never)
        break
      case 'SelectionNode':
        this.visitSelection(node as never)
        break
      case 'SelectQueryNode':
        this.visitSelectQuery(node as never)
        break
      case 'FromNode':
        this.visitFrom(node as never)
        break
      case 'WhereNode':
        this.visitWhere(node as never)
        break
      case 'PrimitiveValueListNode':
        this.visitPrimitiveValueList(node as never)
        break
      case 'InsertQueryNode':
        this.visitInsertQuery(node as never)
        break
      case 'ValuesNode':
        this.visitValues(node as never)
        break
      case 'UpdateQueryNode':
        this.visitUpdateQuery(node as never)
        break
      case 'ColumnUpdateNode':
        this.visitColumnUpdate(node as never)
        break
      case 'AndNode':
        this.visitAnd(node as never)
        break
      case 'AliasNode':
        this.visitAlias(node as never)
        break
      case 'JoinNode':
        this.visitJoin(node as never)
        break
      case 'OnNode':
        this.visitOn(node as never)
        break
      case 'OrderByNode':
        this.visitOrderBy(node as never)
        break
      case 'OrderByItemNode':
        this.visitOrderByItem(node as never)
        break
      case 'LimitNode':
        this.visitLimit(node as never)
        break
      case 'RawNode':
        this.visitRaw(node as never)
        break
      default:
        this.nodeStack.pop()
        return this.#visitAnyNode(node)
    }
    this.nodeStack.pop()
  }

  /** Called before this class has put its own in the place. */
  #inherited(): (node: OperationNode) => void {
    return this.visitNode
  }

  protected override visitIdentifier(node: IdentifierNode): void {
    const quoted = this.#quoted.get(node.name)
    if (quoted === undefined) this.#quote(node)
    else this.#sql += quoted
  }

  #quote(node: IdentifierNode): void {
    const from = this.#sql.length
    super.visitIdentifier(node)
    if (node.name.length > LONGEST) return
    if (this.#quoted.size === MOST) this.#quoted.clear()
    this.#quoted.set(node.name, this.#sql.slice(from))
  }
}

function inOrder(parameters: unknown[], order: readonly number[] | undefined): unknown[] {
  return order === undefined ? parameters : order.map((place) => parameters[place])
}

const NOWHERE = -1

/** How many identifiers are remembered. */
const MOST = 1000
/** Of how many UTF-16 units at most. */
const LONGEST = 100
