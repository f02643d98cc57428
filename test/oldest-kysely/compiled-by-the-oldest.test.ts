import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyExpression } from '../support/any-expression.ts'
import { COMPILED_QUERIES } from '../support/compiled-queries.ts'
import { byKysely, byPoolclass } from '../support/compilers.ts'
import { scaled } from '../support/effort.ts'

test.each(Object.entries(COMPILED_QUERIES))(
  'the dialect writes the same SQL and parameters as Kysely 0.28 for %s',
  (_, build) => {
    const { sql, parameters } = build(byKysely).compile()
    expect(build(byPoolclass).compile()).toMatchObject({ sql, parameters })
  },
)

test('and for any expression, with queries at any depth', () => {
  fc.assert(
    fc.property(anyExpression, (expression) => {
      const { sql, parameters } = byKysely.selectNoFrom(expression).compile()
      expect(byPoolclass.selectNoFrom(expression).compile()).toMatchObject({ sql, parameters })
    }),
    { numRuns: scaled(2_000) },
  )
})
