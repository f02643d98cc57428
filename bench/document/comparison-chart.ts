import type { Compared } from '../comparison/compare.ts'
import { contestants } from '../comparison/contestants/index.ts'
import { GROUPS } from '../comparison/contestants/contestant.ts'
import { PLACES, type Subject } from '../comparison/subjects.ts'
import { AS_BYTES, AS_TIME, chart, COLORS, powersAround, SHAPES } from './chart.ts'
import { PLACE_NAMES } from './place-names.ts'
import { summarize } from './summary.ts'

/** One panel for each place, one line for each contestant. */
export async function comparisonChart(subject: Subject, compared: readonly Compared[]): Promise<string> {
  const values = compared.map(({ contestant, place, outcome }) => ({
    contestant,
    group: contestants.find(({ name }) => name === contestant)!.group,
    place: PLACE_NAMES[place],
    ...('rounds' in outcome ? summarize(outcome.rounds) : { cannot: 'cannot' }),
  }))
  const group = { field: 'group', type: 'nominal', sort: [...GROUPS] }
  const isMemory = subject.unit === 'bytes'
  const powers = powersAround(
    compared.flatMap(({ outcome }) => ('rounds' in outcome ? outcome.rounds : [])),
    isMemory ? 4 : 10,
  )
  return await chart({
    data: { values },
    facet: { column: { field: 'place', sort: PLACES.map((place) => PLACE_NAMES[place]) } },
    spec: {
      width: 190,
      height: { step: 19 },
      encoding: {
        y: {
          field: 'contestant',
          type: 'nominal',
          sort: contestants.map(({ name }) => name),
          title: null,
          axis: { grid: true, gridColor: '#eee', labelLimit: 400 },
        },
      },
      layer: [
        {
          transform: [{ filter: 'isValid(datum.median)' }],
          mark: { type: 'rule', strokeWidth: 2, opacity: 0.6 },
          encoding: {
            x: {
              field: 'low',
              type: 'quantitative',
              scale: { type: 'log', domain: [powers[0]!, powers.at(-1)!] },
              axis: { labelExpr: isMemory ? AS_BYTES : AS_TIME, values: powers, gridColor: '#eee' },
              title: `${isMemory ? 'memory' : 'time'}, logarithmic; less is better`,
            },
            x2: { field: 'high' },
            color: { ...group, scale: { range: COLORS } },
          },
        },
        {
          transform: [{ filter: 'isValid(datum.median)' }],
          mark: { type: 'point', filled: true, size: 75, opacity: 1 },
          encoding: {
            x: { field: 'median', type: 'quantitative' },
            color: { ...group, scale: { range: COLORS } },
            shape: { ...group, scale: { range: SHAPES } },
          },
        },
        {
          transform: [{ filter: 'datum.cannot' }],
          mark: { type: 'text', color: '#999', fontSize: 10 },
          encoding: { text: { field: 'cannot' }, x: { value: 95 } },
        },
      ],
    },
  } as never)
}
