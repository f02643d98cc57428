import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  areUniform,
  type PackedRows,
  packRows,
  unpackRows,
} from '../../packages/dialect/src/threads/packed-rows.ts'
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

/** Some tables have the names of earlier ones, whose columns were of other kinds. */
const table = fc
  .tuple(fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 7 }), fc.nat(100))
  .chain(([kinds, number]) =>
    fc.array(
      fc
        .tuple(...kinds.map(nullable))
        .map((values) => Object.fromEntries(values.map((value, i) => [`c${i} of ${number}`, value]))),
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
])('%s', (name, values) => {
  const rows = rowsOf(name, [...values, ...values])
  expect(arrived(rows)).toStrictEqual([rows, rows])
})

test('numbers beyond the room in shared memory travel with their rows', () => {
  const rows = rowsOf(
    'value',
    Array.from({ length: shared.length + 1 }, (_, i) => i / 7),
  )
  expect(arrived(rows)).toStrictEqual([rows, rows])
})

test('results without numbers leave shared memory free', () => {
  const signals = new Int32Array(new SharedArrayBuffer(SharedNumbers.bytes))
  const worker = new SharedNumbers(signals)
  worker.notePosted(
    packRows(
      rowsOf(
        'blobs',
        Array.from({ length: 9 }, () => Buffer.from('a')),
      ),
      worker.room,
    ),
  )
  expect(worker.room).toBeDefined()
})

/** With ten columns, of which each has a value if its bit is set. */
function sparseRow(bits: number): Row {
  const values = Array.from({ length: 10 }, (_, i) =>
    (bits >> i) % 2 === 0 ? null : i % 2 === 0 ? 'text' : i,
  )
  return Object.fromEntries(values.map((value, i) => [`s${i}`, value]))
}

test('results of the same columns share a layout, whichever columns have nothing but null', () => {
  const layouts = Array.from({ length: 1024 }, (_, n) => {
    const rows = Array.from({ length: 5 }, () => sparseRow(n))
    const packed = packRows(rows, shared)
    const back: unknown[] = []
    unpackRows(sent(packed), back, shared)
    expect(back).toStrictEqual(rows)
    return packed[1]
  })
  expect(new Set(layouts).size).toBeLessThan(12)
})

test.each<readonly [string, readonly unknown[]]>([
  ['rows with other columns', [{ a: 1 }, { a: 1, b: 2 }]],
  [
    'rows with columns in another order',
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
  ],
  ['lists', [[1], [2]]],
  ['numbers', [1, 2]],
  ['dates', [new Date(0), new Date(0)]],
])('%s are not uniform', (_, rows) => expect(areUniform(rows)).toBe(false))

test('rows with the same columns are uniform, with a prototype or without', () => {
  expect(areUniform([{ a: 1 }, { a: 'text' }, Object.assign(Object.create(null), { a: null })])).toBe(true)
  expect(areUniform([])).toBe(true)
})

test('shared memory is free until rows were posted, and again when they were taken', () => {
  const signals = new Int32Array(new SharedArrayBuffer(SharedNumbers.bytes))
  const [worker, caller] = [new SharedNumbers(signals), new SharedNumbers(signals)]
  const few = packRows(rowsOf('number', [1]), worker.room)
  worker.notePosted(few)
  expect(worker.room).toBeDefined()
  const packed = packRows(rowsOf('number', [1, 2, 3, 4]), worker.room)
  worker.notePosted(packed)
  expect(worker.room).toBeUndefined()
  const late = packRows(rowsOf('number', [5, 6, 7, 8, 9, 10, 11, 12]), worker.room)
  worker.notePosted(late)
  for (const rows of [few, packed, late]) caller.noteTaken(rows)
  expect(worker.room).toBeDefined()
})

test('texts that are sent as one have 128 units at most, because each part of one keeps all of it in memory', () => {
  const values = Array.from({ length: 60 }, (_, i) => 'x'.repeat(i % 7 === 0 ? 900 : i))
  const [, , lists] = packRows(rowsOf('texts', values), shared) as readonly [
    number,
    string,
    string[][],
    unknown,
  ]
  expect(lists[0]!.join('')).toBe(values.join(''))
  expect(lists[0]!.filter((each) => each.length > 128)).toEqual(values.filter((each) => each.length > 128))
})
