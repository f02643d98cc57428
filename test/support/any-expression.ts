import * as fc from 'fast-check'
import {
  type AliasedExpression,
  type Expression,
  expressionBuilder,
  type ExpressionBuilder,
  sql,
} from 'kysely'

type Part = Expression<any>

const eb: ExpressionBuilder<any, any> = expressionBuilder()
const name = fc.oneof(
  fc.constantFrom('id', 'a"b', '', '__proto__', 'with space', 'é'),
  fc.string({ unit: 'binary', maxLength: 120 }),
)
const value = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array(),
)
const operator = fc.constantFrom('=' as const, '<' as const, 'is not' as const, '+' as const, '||' as const)

/** Expressions with queries in them, which have expressions in them. */
const { part } = fc.letrec<{ part: Part; query: Part }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 5 },
    fc.array(name, { minLength: 1, maxLength: 3 }).map((ids) => sql.id(...ids)),
    value.map((each) => sql.val(each)),
    fc.string().map((text) => sql.lit(text)),
    fc.array(value).map((values) => sql`(${sql.join(values)})`),
    fc.tuple(tie('part'), operator, tie('part')).map(([left, middle, right]) => eb(left, middle, right)),
    fc.tuple(tie('part'), tie('part')).map(([left, right]) => eb.or([left, eb.not(right)])),
    tie('part').map((inner) => eb.parens(inner)),
    fc.array(tie('part'), { maxLength: 3 }).map((parts) => eb.fn('f', parts)),
    tie('query'),
  ),
  query: fc
    .tuple(name, name, tie('part'), fc.option(tie('part')), fc.option(tie('query')))
    .map(([table, alias, selected, where, other]) => {
      const query = eb.selectFrom(sql.id(table).as(alias)).select(sql`${selected}`.as(alias))
      const some = where === null ? query : query.where(sql<boolean>`${where}`)
      return other === null ? some : some.union(other as typeof some)
    }),
}))

export const anyExpression: fc.Arbitrary<AliasedExpression<any, 'it'>> = part.map((each) =>
  sql`${each}`.as('it'),
)
