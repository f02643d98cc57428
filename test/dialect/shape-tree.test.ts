import { queryObjects } from 'node:v8'
import { PooledSqliteDialect } from '@poolclass/dialect'
import { type Compilable, createQueryId, type QueryCompiler, type RootOperationNode, sql } from 'kysely'
import { expect, test } from 'vitest'
import { QueryShapes } from '../../packages/dialect/src/kysely/query-shapes.ts'
import { QueryShape } from '../../packages/dialect/src/kysely/shape-tree.ts'
import { byKysely } from '../support/compilers.ts'

test('shapes that come only once take no more than some megabytes', () => {
  const compiler = newCompiler()
  const before = countOfShapes()
  for (let n = 0; n < 20_000; n += 1) {
    const table = `table ${n % 400}`
    compiled(compiler, nodeOf(byKysely.selectFrom(table).selectAll().where(`column ${n}`, '=', 1)))
  }
  const kept = countOfShapes() - before
  expect(kept).toBeGreaterThan(1_000)
  expect(kept).toBeLessThan(40_000)
  // Until here, the garbage collector must not take the compiler.
  compiled(compiler, nodeOf(byKysely.selectNoFrom(sql.val(1).as('x'))))
})

test('literals that differ each time make few shapes', () => {
  const compiler = newCompiler()
  const before = countOfShapes()
  for (let n = 0; n < 5_000; n += 1)
    compiled(compiler, nodeOf(byKysely.selectFrom('person').selectAll().where('id', '=', sql.lit(n))))
  expect(countOfShapes() - before).toBeLessThan(5_000)
  // Until here, the garbage collector must not take the compiler.
  compiled(compiler, nodeOf(byKysely.selectNoFrom(sql.val(1).as('x'))))
})

test('a full tree takes no new shapes for a while, and then begins anew', () => {
  const shapes = new QueryShapes()
  const early = nodeOf(byKysely.selectFrom('early').selectAll())
  const late = nodeOf(byKysely.selectFrom('late').selectAll())
  shapes.find(early)
  let columns = 0
  const findAnother = () => {
    columns += 1
    const column = `column ${columns}`.padEnd(900)
    return shapes.find(nodeOf(byKysely.selectFrom(`table ${columns % 200}`).select(column)))
  }
  while (findAnother() !== undefined) expect(columns).toBeLessThan(10_000)
  expect(shapes.find(early)).toBeDefined()
  expect(shapes.find(late)).toBeUndefined()
  for (let time = 0; time < 30_000; time += 1) shapes.find(early)
  expect(shapes.find(late)).toBeDefined()
})

/** Of those that are in use, in the whole process. */
function countOfShapes(): number {
  return queryObjects(QueryShape, { format: 'count' })
}

function newCompiler(): QueryCompiler {
  return new PooledSqliteDialect(':memory:').createQueryCompiler()
}

function nodeOf(query: Compilable): RootOperationNode {
  return query.compile().query
}

function compiled(compiler: QueryCompiler, query: RootOperationNode): object {
  return compiler.compileQuery(query, createQueryId())
}
