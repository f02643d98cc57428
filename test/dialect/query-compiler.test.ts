import { PooledSqliteDialect } from '@poolclass/dialect'
import * as fc from 'fast-check'
import { createQueryId, type RootOperationNode, SqliteQueryCompiler } from 'kysely'
import { describe, expect, test } from 'vitest'
import { anyExpression } from '../support/any-expression.ts'
import { COMPILED_QUERIES } from '../support/compiled-queries.ts'
import { byKysely, byPoolclass } from '../support/compilers.ts'
import { scaled } from '../support/effort.ts'

describe('SQL and parameters are those of Kysely', () => {
  test.each(Object.entries(COMPILED_QUERIES))('for %s', (_, build) => {
    const expected = textOf(build(byKysely))
    expect(textOf(build(byPoolclass))).toEqual(expected)
    // With all names known.
    expect(textOf(build(byPoolclass))).toEqual(expected)
  })

  test('for any expression, with queries at any depth', () => {
    fc.assert(
      fc.property(anyExpression, (expression) => {
        const select = (db: typeof byKysely) => db.selectNoFrom(expression)
        expect(textOf(select(byPoolclass))).toEqual(textOf(select(byKysely)))
      }),
      { numRuns: scaled(2_000) },
    )
  })

  test('for more names than are remembered, and for long ones', () => {
    for (let n = 0; n < 3_000; n += 1) {
      const names = [`column ${n}`, `column ${n % 7}`, 'x"'.repeat(n)]
      const select = (db: typeof byKysely) => db.selectFrom('person').select(names)
      expect(textOf(select(byPoolclass))).toEqual(textOf(select(byKysely)))
    }
  })
})

const compiler = new PooledSqliteDialect(':memory:').createQueryCompiler()
const point = byKysely.selectFrom('person').selectAll().where('id', '=', 1).toOperationNode()

test('a compiled query has the node and the identity that were given, and cannot be changed', () => {
  const queryId = createQueryId()
  const compiled = compiler.compileQuery(point, queryId)
  expect(compiled).toEqual({
    ...new SqliteQueryCompiler().compileQuery(point, queryId),
    query: point,
    queryId,
  })
  expect(Object.isFrozen(compiled)).toBe(true)
  expect(compiled.queryId).toBe(queryId)
})

test('parameters of one query are not touched by the next', () => {
  const first = compiler.compileQuery(point, createQueryId())
  compiler.compileQuery(byKysely.deleteFrom('person').where('id', '=', 2).toOperationNode(), createQueryId())
  expect(first.parameters).toEqual([1])
})

test.each([
  ['of a kind that nobody knows', { kind: 'NoSuchNode' }],
  ['with a name that is no text', { kind: 'IdentifierNode', name: 7 }],
  ['with a value that cannot be written', { kind: 'ValueNode', value: {}, immediate: true }],
])('a node %s fails as it does with Kysely, and leaves nothing behind', (_, wrong) => {
  const node = { ...point, where: { kind: 'WhereNode', where: wrong } } as unknown as RootOperationNode
  const failure = failureOf(() => new SqliteQueryCompiler().compileQuery(node, createQueryId()))
  expect(failureOf(() => compiler.compileQuery(node, createQueryId()))).toBe(failure)
  expect(compiler.compileQuery(point, createQueryId()).sql).toBe('select * from "person" where "id" = ?')
})

test('it is one of the compilers that tools look for', () => {
  expect(compiler).toBeInstanceOf(SqliteQueryCompiler)
  expect(compiler.constructor.name).toBe('SqliteQueryCompiler')
})

test('a subclass of it decides how a node is written', () => {
  const Compiler = compiler.constructor as typeof SqliteQueryCompiler
  class Loud extends Compiler {
    protected override sanitizeIdentifier(identifier: string): string {
      return super.sanitizeIdentifier(identifier).toUpperCase()
    }

    protected override getCurrentParameterPlaceholder(): string {
      return `?${this.numParameters}`
    }

    protected override visitOperator(): void {
      this.append('<=>')
    }
  }
  expect(new Loud().compileQuery(point, createQueryId()).sql).toBe('select * from "PERSON" where "ID" <=> ?1')
})

function textOf(query: { compile(): { sql: string; parameters: readonly unknown[] } }): object {
  const { sql: text, parameters } = query.compile()
  return { text, parameters }
}

function failureOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it did not fail')
}
