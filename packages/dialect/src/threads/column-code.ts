import { SqlTextCache } from '../connection/sql-text-cache.ts'
import { restored } from './packed-blob.ts'

/** What the values of a column are: numbers or texts, some of which may be null; nothing but null; or anything. */
export const Kind = { number: 'n', text: 't', null: '0', any: 'a' } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** For each column of texts, the texts that they are in; for each column of any kind, its values. */
export type Lists = readonly (readonly unknown[])[]

export type Row = Readonly<Record<string, unknown>>

export interface Split {
  readonly numbersPerRow: number
  /** Puts numbers and the lengths of texts into `numbers`. Returns undefined if a column has values of another kind. */
  readonly run: (rows: readonly Row[], numbers: Float64Array) => Lists | undefined
}

/** Adds rows to `rows`. */
export type Join = (count: number, lists: Lists, numbers: Float64Array, rows: unknown[]) => void

interface Column {
  readonly name: string
  readonly kind: Kind
}

/** How many layouts are remembered. */
export const LAYOUTS = 200

/**
 * The functions for layouts that take rows apart, or put them together. A function with the columns written into it takes a third to
 * a fifth of the time of loops over them.
 */
class ColumnCode<F> {
  readonly #generate: (columns: readonly Column[]) => F
  readonly #kept: SqlTextCache<F> = new SqlTextCache(LAYOUTS)

  constructor(generate: (columns: readonly Column[]) => F) {
    this.#generate = generate
  }

  /** @param layout The kinds of the columns, a character each, and then their names as JSON. */
  for(layout: string): F {
    const kept = this.#kept.get(layout)
    if (kept !== undefined) return kept
    const names = JSON.parse(layout.slice(layout.indexOf('['))) as string[]
    const code = this.#generate(names.map((name, i) => ({ name, kind: layout[i] as Kind })))
    this.#kept.set(layout, code)
    return code
  }
}

export const splits: ColumnCode<Split> = new ColumnCode<Split>((columns) => {
  const body = `
    let at = 0
    ${lines(columns, ({ kind }, i) => SPLIT[kind].before(i))}
    for (const row of rows) {
      ${lines(columns, ({ name, kind }, i) => `const value${i} = row[${JSON.stringify(name)}]; ${SPLIT[kind].each(i)}`)}
    }
    ${lines(columns, ({ kind }, i) => SPLIT[kind].after(i))}
    return [${columns.flatMap((column, i) => (isListed(column) ? `list${i}` : [])).join()}]`
  return {
    numbersPerRow: columns.filter(({ kind }) => kind === Kind.number || kind === Kind.text).length,
    // oxlint-disable-next-line no-new-func -- of names that are JSON texts
    run: new Function('rows', 'numbers', body) as Split['run'],
  }
})

export const joins: ColumnCode<Join> = new ColumnCode<Join>((columns) => {
  const listed = columns.filter(isListed)
  const row = columns.map(({ name }, i) => `${propertyKey(name)}: value${i}`).join()
  const body = `
    let at = 0
    ${lines(columns, (column, i) => JOIN[column.kind].before(i, `lists[${listed.indexOf(column)}]`))}
    for (let n = 0; n < count; n += 1) {
      ${lines(columns, ({ kind }, i) => JOIN[kind].each(i))}
      rows.push({ ${row} })
    }`
  // oxlint-disable-next-line no-new-func -- of names that are JSON texts
  return new Function('restored', `return (count, lists, numbers, rows) => {${body}}`)(restored) as Join
})

interface SplitCode {
  readonly before: (i: number) => string
  /** For each row, whose value has been read. */
  readonly each: (i: number) => string
  readonly after: (i: number) => string
}

const nothing = (): string => ''

/** How the values of a column are taken out of their rows. */
const SPLIT: Readonly<Record<Kind, SplitCode>> = {
  // NaN is none of SQLite's numbers, and stands for null.
  [Kind.number]: {
    before: nothing,
    each: (i) => `
      if (typeof value${i} === 'number' && value${i} === value${i}) numbers[at++] = value${i}
      else if (value${i} === null) numbers[at++] = NaN
      else return undefined`,
    after: nothing,
  },
  [Kind.text]: {
    before: (i) => `const list${i} = []; let text${i} = ''`,
    each: (i) => `
      if (typeof value${i} === 'string') {
        numbers[at++] = value${i}.length
        if (${isFull(`text${i}.length`, `value${i}.length`)}) { list${i}.push(text${i}); text${i} = value${i} }
        else text${i} += value${i}
      } else if (value${i} === null) numbers[at++] = -1
      else return undefined`,
    after: (i) => `list${i}.push(text${i})`,
  },
  [Kind.null]: { before: nothing, each: (i) => `if (value${i} !== null) return undefined`, after: nothing },
  [Kind.any]: {
    before: (i) => `const list${i} = []`,
    each: (i) => `list${i}.push(value${i})`,
    after: nothing,
  },
}

interface JoinCode {
  /** @param list What has the values of the column. */
  readonly before: (i: number, list: string) => string
  /** For each row, in which the value is to be. */
  readonly each: (i: number) => string
}

/** How the values of a column are put back into their rows. */
const JOIN: Readonly<Record<Kind, JoinCode>> = {
  // A whole number would stay a double, for which V8 takes more memory.
  [Kind.number]: {
    before: nothing,
    each: (i) => `
      const number${i} = numbers[at++], whole${i} = number${i} | 0
      const value${i} = whole${i} === number${i} && (whole${i} !== 0 || 1 / number${i} > 0)
        ? whole${i}
        : number${i} === number${i} ? number${i} : null`,
  },
  [Kind.text]: {
    before: (i, list) => `const list${i} = ${list}; let text${i} = list${i}[0], next${i} = 1, start${i} = 0`,
    each: (i) => `
      const length${i} = numbers[at++] | 0
      let value${i} = null
      if (length${i} >= 0) {
        if (${isFull(`start${i}`, `length${i}`)}) { text${i} = list${i}[next${i}++]; start${i} = 0 }
        const end${i} = start${i} + length${i}
        value${i} = text${i}.substring(start${i}, end${i})
        start${i} = end${i}
      }`,
  },
  [Kind.null]: { before: nothing, each: (i) => `const value${i} = null` },
  [Kind.any]: {
    before: (i, list) => `const list${i} = ${list}.map(restored)`,
    each: (i) => `const value${i} = list${i}[n]`,
  },
}

function isListed({ kind }: Column): boolean {
  return kind === Kind.text || kind === Kind.any
}

/** Whether a value of `added` units begins a new text, where the text so far has `length`. A value alone may be of any length. */
function isFull(length: string, added: string): string {
  return `${length} > 0 && ${length} + ${added} > ${LONGEST_TEXT}`
}

function lines(columns: readonly Column[], line: (column: Column, i: number) => string): string {
  return columns.map(line).join('\n')
}

/** A literal `__proto__: …` would set the prototype. A computed name takes longer. */
function propertyKey(name: string): string {
  const key = JSON.stringify(name)
  return name === '__proto__' ? `[${key}]` : key
}

/**
 * In UTF-16 units, of texts that are one. A part of a text that has 13 units or more is no copy in V8, but keeps all of that text in
 * memory. Somebody may keep a row for long.
 */
const LONGEST_TEXT = 128
