import { PooledSqliteDialect } from '@poolclass/dialect'
import * as fc from 'fast-check'
import {
  CamelCasePlugin,
  type Compilable,
  createQueryId,
  type OperationNode,
  type QueryCompiler,
  type RootOperationNode,
  sql,
  SqliteQueryCompiler,
} from 'kysely'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { QueryShapes } from '../../packages/dialect/src/kysely/query-shapes.ts'
import { anyExpression } from '../support/any-expression.ts'
import { COMPILED_QUERIES } from '../support/compiled-queries.ts'
import { byKysely } from '../support/compilers.ts'
import { scaled } from '../support/effort.ts'

afterEach(() => void vi.restoreAllMocks())

/** What a Kysely has inside that is not the one of today. */
const kyselysCompiler = SqliteQueryCompiler.prototype as unknown as Record<string, (node: any) => void>
const compileByKysely = (query: RootOperationNode): object => compiled(new SqliteQueryCompiler(), query)

/** A plugin gives each node all keys of its kind, in another order than that of Kysely's builders. */
const BUILDERS = { 'without plugins': byKysely, 'with a plugin': byKysely.withPlugin(new CamelCasePlugin()) }
const QUERIES = Object.values(BUILDERS).flatMap((db) =>
  Object.values(COMPILED_QUERIES).map((build) => nodeOf(build(db))),
)

describe('a query whose shape is known is not compiled again', () => {
  const kinds: [string, (db: typeof byKysely, n: number) => Compilable][] = [
    ['Select', (db, n) => db.selectFrom('person').selectAll().where('id', '=', n)],
    ['Insert', (db, n) => db.insertInto('person').values({ id: n, name: 'a' })],
    [
      'Update',
      (db, n) =>
        db
          .updateTable('person')
          .set({ name: `a${n}` })
          .where('id', '=', n),
    ],
    ['Delete', (db, n) => db.deleteFrom('person').where('id', '=', n).returning('name')],
  ]
  test.each(
    kinds.flatMap(([kind, build]) =>
      Object.entries(BUILDERS).map(([how, db]) => ({ kind, how, build: (n: number) => build(db, n) })),
    ),
  )('$kind $how', ({ kind, build }) => {
    const queries = Array.from({ length: 10 }, (_, n) => nodeOf(build(n)))
    const expected = queries.map(compileByKysely)
    const visits = vi.spyOn(kyselysCompiler, `visit${kind}Query`)
    const compiler = newCompiler()
    expect(queries.map((query) => compiled(compiler, query))).toEqual(expected)
    // The first, the second, and the second with other parameters.
    expect(visits).toHaveBeenCalledTimes(3)
  })
})

describe('SQL and parameters are those of Kysely', () => {
  test('however often a query comes, and whatever comes between', () => {
    const compiler = newCompiler()
    for (let round = 0; round < 5; round += 1)
      for (const query of QUERIES) expect(compiled(compiler, query)).toEqual(compileByKysely(query))
  })

  test('for any expression', () => {
    const compiler = newCompiler()
    fc.assert(
      fc.property(anyExpression, (expression) => {
        const query = nodeOf(byKysely.selectNoFrom(expression))
        const expected = compileByKysely(query)
        for (let time = 0; time < 4; time += 1) expect(compiled(compiler, query)).toEqual(expected)
      }),
      { numRuns: scaled(1_000) },
    )
  })

  test('for a query that differs from a known one in one place', () => {
    let differences = 0
    for (const known of QUERIES) {
      const compiler = newCompiler()
      for (let time = 0; time < 4; time += 1) compiled(compiler, known)
      for (const other of changedInOnePlace(known)) {
        const query = other as RootOperationNode
        expect(attempt(() => compiled(compiler, query))).toEqual(attempt(() => compileByKysely(query)))
        differences += 1
      }
    }
    expect(differences).toBeGreaterThan(3_000)
  })

  test('for literals, which are no parameters', () => {
    const compiler = newCompiler()
    for (const literal of [1, '1', 2, true, 'true', null, 'null', 1, '1', 2, true, 1, '1']) {
      const query = nodeOf(byKysely.selectNoFrom(sql.lit(literal).as('x')))
      expect(compiled(compiler, query)).toEqual(compileByKysely(query))
    }
  })

  test('for parameters of every type, in an array of its own each time', () => {
    const values = [1, 1n, 'a', null, true, undefined, new Date(0), new Uint8Array(1), { a: 1 }, [1]]
    const compiler = newCompiler()
    const parameters = values.map((value) => {
      const query = nodeOf(byKysely.selectNoFrom(sql.val(value).as('x')))
      return compiler.compileQuery(query, createQueryId()).parameters
    })
    expect(parameters).toEqual(values.map((value) => [value]))
    for (const [n, [parameter]] of parameters.entries()) expect(parameter).toBe(values[n])
    expect(new Set(parameters).size).toBe(values.length)
  })

  test.each<[string, string, (this: Record<string, any>, node: any) => void]>([
    [
      'writes parameters by their type',
      'visitValue',
      function (node) {
        if (typeof node.value === 'number') this['appendValue'](node.value)
        else this['append'](String(node.value))
      },
    ],
    [
      'compiles what is on the right first',
      'visitBinaryOperation',
      function (node) {
        this['visitNode'](node.rightOperand)
        this['visitNode'](node.operator)
        this['visitNode'](node.leftOperand)
      },
    ],
  ])('even if a later Kysely %s', (_, method, changed) => {
    vi.spyOn(kyselysCompiler, method).mockImplementation(changed)
    const compiler = newCompiler()
    for (const n of [1, 1, 2, 'a', 'b', 3, 'c', 4]) {
      const query = nodeOf(byKysely.selectNoFrom((eb) => eb(eb.val(n), '<', eb.val('x')).as('x')))
      expect(compiled(compiler, query)).toEqual(compileByKysely(query))
    }
  })
})

describe('a shape', () => {
  test('is another one if a node anywhere has a key that nobody knows', () => {
    let others = 0
    for (const query of QUERIES) {
      const shapes = new QueryShapes()
      const shape = shapes.find(query)
      if (shape === undefined) continue
      for (const other of withKeyInOneNode(query, 'later', true)) {
        const found = shapes.find(other)
        expect(found).not.toBe(shape)
        if (found !== undefined) others += 1
      }
    }
    expect(others).toBeGreaterThan(2_000)
  })

  test('is the same for other parameters, and another one for another number of them', () => {
    const shapes = new QueryShapes()
    const shapeOf = (ids: unknown[]) =>
      shapes.find(nodeOf(byKysely.selectFrom('person').selectAll().where('id', 'in', ids)))
    expect(shapeOf([1, 2])).toBe(shapeOf(['a', null]))
    expect(shapes.parameters).toEqual(['a', null])
    expect(shapeOf([1, 2])).not.toBe(shapeOf([1, 2, 3]))
  })

  test.each<[string, unknown]>([
    ['a date', new Date(0)],
    ['a map', new Map([[1, 2]])],
    ['an object of a class', new URL('file:///x')],
    ['a function', () => 1],
    ['a long text', 'x'.repeat(2_000)],
  ])('is not noted of a query that holds %s where no parameter is', (_, value) => {
    const literal = { kind: 'ValueNode', value, immediate: true }
    const query = { kind: 'WhereNode', where: literal } as unknown as OperationNode
    expect(new QueryShapes().find(query)).toBeUndefined()
  })
})

function newCompiler(): QueryCompiler {
  return new PooledSqliteDialect(':memory:').createQueryCompiler()
}

function nodeOf(query: Compilable): RootOperationNode {
  return query.compile().query
}

function compiled(compiler: QueryCompiler, query: RootOperationNode): object {
  const { sql: text, parameters } = compiler.compileQuery(query, createQueryId())
  return { text, parameters: [...parameters] }
}

function attempt(run: () => object): unknown {
  try {
    return run()
  } catch (error) {
    return (error as Error).message
  }
}

/** Copies of a query, each with one change: another text, another truth, one element less, or one key less. */
function* changedInOnePlace(part: unknown): Generator<unknown> {
  if (typeof part === 'string') yield `${part}x`
  else if (typeof part === 'boolean') yield !part
  else if (typeof part === 'number') yield part + 1
  else if (Array.isArray(part)) {
    if (part.length > 0) yield part.slice(1)
    for (const [n, one] of part.entries())
      for (const other of changedInOnePlace(one)) yield part.toSpliced(n, 1, other)
  } else if (isNode(part)) {
    for (const [key, value] of Object.entries(part)) {
      if (key === 'kind') continue
      const { [key]: _, ...rest } = part
      yield rest
      for (const other of changedInOnePlace(value)) yield { ...part, [key]: other }
    }
  }
}

function* withKeyInOneNode(node: object, name: string, value: unknown): Generator<OperationNode> {
  yield { ...node, [name]: value } as unknown as OperationNode
  for (const [key, part] of Object.entries(node)) {
    const nodes = Array.isArray(part) ? part : [part]
    for (const [n, one] of nodes.entries()) {
      if (!isNode(one)) continue
      for (const other of withKeyInOneNode(one, name, value))
        yield {
          ...node,
          [key]: Array.isArray(part) ? nodes.toSpliced(n, 1, other) : other,
        } as OperationNode & object
    }
  }
}

function isNode(part: unknown): part is Record<string, unknown> {
  return typeof part === 'object' && part !== null && 'kind' in part
}
