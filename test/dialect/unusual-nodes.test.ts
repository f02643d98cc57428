import { PooledSqliteDialect } from '@poolclass/dialect'
import { createQueryId, type RootOperationNode, SqliteQueryCompiler } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { byKysely } from '../support/compilers.ts'

type Node = Record<string, unknown>

const select = byKysely.selectFrom('person').selectAll().where('id', '=', 1).toOperationNode()
const join = byKysely.selectFrom('a').innerJoin('b', (on) => on.onTrue())
const insert = byKysely.insertInto('person').values({ a: 1 }).toOperationNode()
const update = byKysely.updateTable('person').set({ a: 1 }).where('id', '=', 1).toOperationNode()
const one = { kind: 'ValueNode', value: 1 }
const column = { kind: 'ColumnNode', column: { kind: 'IdentifierNode', name: 'id' } }

/** Nodes that no builder of Kysely makes, though its compiler takes them. */
describe('SQL and parameters are those of Kysely for nodes made by hand', () => {
  test.each<[string, object, object]>([
    ['nulls in an order without a direction', orderBy({ direction: undefined }), orderBy({ nulls: 'last' })],
    [
      'a value that is to be written and is absent',
      whereIs(one),
      whereIs({ kind: 'ValueNode', immediate: true }),
    ],
    ['values in a text', select, whereIs({ kind: 'PrimitiveValueListNode', values: 'ab' })],
    ['a reference without a table', select, whereIs({ kind: 'ReferenceNode', table: null, column })],
    ['a join of null', join.toOperationNode(), { ...join.toOperationNode(), joins: null }],
    ['a condition of null', select, { ...select, where: null }],
    ['a limit of null', select, { ...select, limit: null }],
    ['an insert into null', insert, { ...insert, into: null }],
    ['an insert of null', insert, { ...insert, values: null }],
    ['an update of null', update, { ...update, where: null }],
    ['no list of columns', { ...insert, columns: [] }, { ...insert, columns: '' }],
    ['no list of selections', { ...select, selections: [] }, { ...select, selections: '' }],
    ['a list of nothing', insert, { ...insert, columns: [undefined] }],
  ])('with %s', (_, usual, unusual) => {
    const compiler = newCompiler()
    for (const query of [usual, unusual, usual, unusual, usual, unusual, unusual, usual])
      expect(outcome(compiler, query)).toEqual(outcome(new SqliteQueryCompiler(), query))
  })
})

test('a query is compiled even if a later Kysely does not take the marks of the compiler', () => {
  const compiler = SqliteQueryCompiler.prototype as unknown as { visitValue(node: Node): void }
  const { visitValue } = compiler
  vi.spyOn(compiler, 'visitValue').mockImplementation(function (this: typeof compiler, node) {
    if (typeof node['value'] === 'object') throw new TypeError('no objects')
    visitValue.call(this, node)
  })
  const ours = newCompiler()
  for (let time = 0; time < 4; time += 1)
    expect(outcome(ours, select)).toEqual(outcome(new SqliteQueryCompiler(), select))
  vi.restoreAllMocks()
})

function orderBy(more: object): object {
  const items = [{ kind: 'OrderByItemNode', orderBy: column, ...more }]
  return { ...select, orderBy: { kind: 'OrderByNode', items } }
}

function whereIs(value: object): object {
  const operator = { kind: 'OperatorNode', operator: '=' }
  const where = { kind: 'BinaryOperationNode', leftOperand: one, operator, rightOperand: value }
  return { ...select, where: { kind: 'WhereNode', where } }
}

function newCompiler(): SqliteQueryCompiler {
  return new PooledSqliteDialect(':memory:').createQueryCompiler() as SqliteQueryCompiler
}

function outcome(compiler: SqliteQueryCompiler, query: object): unknown {
  try {
    const { sql, parameters } = compiler.compileQuery(query as RootOperationNode, createQueryId())
    return { sql, parameters }
  } catch (error) {
    return (error as Error).message
  }
}
