import * as fc from 'fast-check'

/** `row` counts the rows of the task, round and round. */
export type Statement =
  | { kind: 'insert'; value: number }
  | { kind: 'update'; row: number; value: number }
  | { kind: 'delete' | 'insert again'; row: number }
  | { kind: 'read' | 'read all' }

type Move = Statement | { kind: 'savepoint' | 'roll back to' | 'release' }

export type Step =
  | { kind: 'statement'; statement: Statement }
  | { kind: 'transaction'; statements: Statement[]; ending: 'commit' | 'throw'; pause: number }
  | { kind: 'controlled transaction'; moves: Move[]; ending: 'commit' | 'rollback'; pause: number }
  | { kind: 'stream'; chunkSize: number; leaveAfter: number; pause: number }
  | { kind: 'aborted statement'; statement: Statement; after: Moment; strategy: Strategy }
  | { kind: 'aborted transaction'; statements: Statement[]; after: Moment; strategy: Strategy }
  | { kind: 'aborted stream'; after: Moment; strategy: Strategy }
  | { kind: 'invalidation'; soft: boolean }
  | { kind: 'destruction' }

export type Strategy = 'ignore query' | 'cancel query'

/** When a signal fires: before its use, or after so many microtasks, turns of the event loop or milliseconds. */
export type Moment = 'before' | { microtasks: number } | { turns: number } | { milliseconds: number }

/** What happens to the connections while no task runs. */
export type Interlude = 'nothing' | 'invalidation' | 'soft invalidation' | 'disposal' | 'destruction'

/** Tasks that run side by side, and then an interlude. */
export interface Round {
  readonly tasks: readonly (readonly Step[])[]
  readonly interlude: Interlude
}

const row = fc.nat(5)
const value = fc.nat(99)
const pause = fc.nat(2)
const strategy = fc.constantFrom<Strategy>('ignore query', 'cancel query')
const moment: fc.Arbitrary<Moment> = fc.oneof(
  { weight: 1, arbitrary: fc.constant('before' as const) },
  { weight: 4, arbitrary: fc.record({ microtasks: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ turns: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ milliseconds: fc.nat(3) }) },
)
const statement: fc.Arbitrary<Statement> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('insert' as const), value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('update' as const), row, value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'insert again'), row }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('read' as const, 'read all') }) },
)
const statements = fc.array(statement, { minLength: 1, maxLength: 4 })
const move: fc.Arbitrary<Move> = fc.oneof(
  statement,
  fc.record({ kind: fc.constantFrom('savepoint' as const, 'roll back to', 'release') }),
)

/** Steps that leave the connections alone. */
export const gentleStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('statement' as const), statement }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('transaction' as const),
      statements,
      ending: fc.constantFrom('commit' as const, 'throw'),
      pause,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('controlled transaction' as const),
      moves: fc.array(move, { minLength: 1, maxLength: 8 }),
      ending: fc.constantFrom('commit' as const, 'rollback'),
      pause,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('stream' as const),
      chunkSize: fc.integer({ min: 1, max: 3 }),
      leaveAfter: fc.integer({ min: 1, max: 6 }),
      pause,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('aborted statement' as const),
      statement,
      after: moment,
      strategy,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('aborted transaction' as const),
      statements,
      after: moment,
      strategy,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('aborted stream' as const), after: moment, strategy }),
  },
)

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: gentleStep },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('invalidation' as const), soft: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('destruction' as const) }) },
)

/** @param step Those of the tasks. */
export function programOf(step: fc.Arbitrary<Step>): fc.Arbitrary<Round[]> {
  const steps = fc.array(step, { minLength: 1, maxLength: 8, size: 'max' })
  const round = fc.record({
    tasks: fc.array(steps, { minLength: 1, maxLength: 6, size: 'max' }),
    interlude: fc.constantFrom<Interlude>(
      'nothing',
      'invalidation',
      'soft invalidation',
      'disposal',
      'destruction',
    ),
  })
  return fc.array(round, { minLength: 1, maxLength: 3, size: 'max' })
}
