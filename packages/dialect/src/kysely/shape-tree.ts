/**
 * The shape of a query, at the end of a way through the tree of shapes. Each step of the way is one part of the query. Steps on
 * the way are the shapes of nothing, or of shorter queries.
 */
export class QueryShape {
  readonly part: unknown
  /** How many steps it is from the root. */
  readonly depth: number
  /** Its SQL, once that is known not to depend on the parameters. */
  sql: string | undefined
  /** Where each parameter of the SQL is among those that were read; undefined if they are in the same order. */
  order: readonly number[] | undefined
  timesSeen = 0
  /** The step that was the first to follow. */
  next: QueryShape | undefined
  /** All other steps that follow, by their parts. */
  others: Map<unknown, QueryShape> | undefined

  constructor(part: unknown, depth: number) {
    this.part = part
    this.depth = depth
  }
}

/**
 * The shapes of the queries that were seen, some 2 MB of them. When it is full, it takes no new ones for a while, and then begins
 * anew. So a program whose queries are never the same twice does not make shapes all the time.
 */
export class ShapeTree {
  #root: QueryShape = new QueryShape(undefined, 0)
  /** In bytes, about. */
  #size = 0
  #waysSinceFull = 0

  /** Where the way of a query begins. */
  get root(): QueryShape {
    if (this.#isFull) this.#rest()
    return this.#root
  }

  /** The step from here that is not the first one. It is `NO_SHAPE` if there is none, and none can be made. */
  branch(at: QueryShape, part: unknown): QueryShape {
    const known = at.others?.get(part)
    if (known !== undefined) return known
    return this.#isFull || isEnd(at) || !isComparable(part) ? NO_SHAPE : this.#grow(at, part)
  }

  remember(shape: QueryShape, sql: string, order: readonly number[] | undefined): void {
    shape.sql = sql
    shape.order = order
    this.#size += sql.length + 8 * (order?.length ?? 0)
  }

  get #isFull(): boolean {
    return this.#size > MOST_BYTES
  }

  #rest(): void {
    this.#waysSinceFull += 1
    if (this.#waysSinceFull < REST) return
    this.#root = new QueryShape(undefined, 0)
    this.#size = 0
    this.#waysSinceFull = 0
  }

  #grow(at: QueryShape, part: unknown): QueryShape {
    const step = new QueryShape(part, at.depth + 1)
    this.#size += BYTES_OF_STEP + (typeof part === 'string' ? part.length : 0)
    if (at.next === undefined) at.next = step
    else {
      if (at.others === undefined) this.#size += BYTES_OF_MAP
      at.others ??= new Map()
      at.others.set(part, step)
    }
    return step
  }
}

/** It has no `next`, and no others. */
export const NO_SHAPE: QueryShape = new QueryShape(undefined, 0)

/** Where very many parts differ, such as literals with values of a user, most of them never come again. */
function isEnd(at: QueryShape): boolean {
  return at === NO_SHAPE || at.depth === MOST_STEPS || at.others?.size === MOST_OTHERS
}

/** Objects may change, and long texts would be kept. */
function isComparable(part: unknown): boolean {
  if (typeof part === 'string') return part.length <= LONGEST_TEXT
  return typeof part !== 'object' && typeof part !== 'function'
}

const MOST_BYTES = 2_000_000
/** How many queries may come before a full tree begins anew. */
const REST = 30_000
const MOST_STEPS = 5_000
const MOST_OTHERS = 250
/** In UTF-16 units. */
const LONGEST_TEXT = 1_000
const BYTES_OF_STEP = 100
const BYTES_OF_MAP = 300
