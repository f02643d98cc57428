import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PackedRows, packRows, unpackRows } from '../../packages/dialect/src/threads/packed-rows.ts'
import { SharedNumbers } from '../../packages/dialect/src/threads/shared-numbers.ts'
import { scaled } from '../support/effort.ts'

type Row = Record<string, unknown>

const { port1, port2 } = new MessageChannel()
const shared = new Float64Array(new SharedArrayBuffer(8 * 200))

function sent(packed: PackedRows): PackedRows {
  port1.postMessage(packed)
  return (receiveMessageOnPort(port2) as { message: PackedRows }).message
}

/** The rows as they arrive behind others, once with room for their numbers in shared memory and once without. */
function arrived(rows: readonly Row[]): unknown[][] {
  return [shared, undefined].map((room) => {
    const all: unknown[] = ['other']
    unpackRows(sent(packRows(rows, room)), all, shared)
    return all.slice(1)
  })
}

const rowsOf = (name: string, values: readonly unknown[]): Row[] => values.map((value) => ({ [name]: value }))

const nullable = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 5, arbitrary: value }, fc.constant(null))
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme-ascii', minLength: 10, maxLength: 70 }),
  fc.constantFrom(
    '',
    '\uD83D',
    '\uDE00',
    'a'.repeat(127),
    'b'.repeat(128),
    'c'.repeat(129),
    'd'.repeat(1000),
  ),
)
const blob = fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes))
const KINDS = [
  fc.integer(),
  fc.double({ noNaN: true }),
  text,
  blob,
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constant(null),
  fc.oneof(fc.integer(), text, blob),
]

const table = fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 7 }).chain((kinds) =>
  fc.array(
    fc
      .tuple(...kinds.map(nullable))
      .map((values) => Object.fromEntries(values.map((value, i) => [`c${i}`, value]))),
    { minLength: 1, maxLength: 90 },
  ),
)

test('rows arrive as they were, whatever their columns hold', () => {
  fc.assert(
    fc.property(table, (rows) => {
      expect(arrived(rows)).toStrictEqual([rows, rows])
    }),
    { seed: 1729, numRuns: scaled(400) },
  )
})

test.each<readonly [string, readonly unknown[]]>([
  ['numbers among which one is NaN', [1, 2, Number.NaN, 4]],
  ['numbers among which one is a text', [1, 2, '3', 4]],
  ['numbers among which one is undefined', [1, 2, undefined, 4]],
  ['texts among which one is a number', ['1', '2', 3, '4']],
  ['texts among which one is a blob', ['1', '2', Buffer.from('3'), '4']],
  ['zeros of both signs, and both infinities', [0, -0, Infinity, -Infinity]],
  ['nothing but null', [null, null, null, null]],
  ['dates, as a creator may make them', [1, 2, 3, 4].map((day) => new Date(2026, 0, day))],
])('%s', (_, values) => {
  const rows = rowsOf('value', values)
  expect(arrived(rows)).toStrictEqual([rows, rows])
})

test('numbers beyond the room in shared memory travel with their rows', () => {
  const rows = rowsOf(
    'value',
    Array.from({ length: shared.length + 1 }, (_, i) => i / 7),
  )
  expect(arrived(rows)).toStrictEqual([rows, rows])
})

test('shared memory is free until rows were posted, and again when they were taken', () => {
  const signals = new Int32Array(new SharedArrayBuffer(SharedNumbers.bytes))
  const [worker, caller] = [new SharedNumbers(signals), new SharedNumbers(signals)]
  const few = packRows(rowsOf('value', [1]), worker.free)
  worker.notePosted(few)
  expect(worker.free).toBeDefined()
  const packed = packRows(rowsOf('value', [1, 2, 3, 4]), worker.free)
  worker.notePosted(packed)
  expect(worker.free).toBeUndefined()
  const late = packRows(rowsOf('value', [5, 6, 7, 8]), worker.free)
  worker.notePosted(late)
  for (const rows of [few, packed, late]) caller.noteTaken(rows)
  expect(worker.free).toBeDefined()
})

test('texts that are sent as one have 128 units at most, because each part of one keeps all of it in memory', () => {
  const values = Array.from({ length: 60 }, (_, i) => 'x'.repeat(i % 7 === 0 ? 900 : i))
  const [, , lists] = packRows(rowsOf('value', values), shared) as readonly [
    number,
    string,
    string[][],
    unknown,
  ]
  expect(lists[0]!.join('')).toBe(values.join(''))
  expect(lists[0]!.filter((each) => each.length > 128)).toEqual(values.filter((each) => each.length > 128))
})
