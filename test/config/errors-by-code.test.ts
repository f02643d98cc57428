import * as dialect from '@poolclass/dialect'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const headings = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^### (POOL\w+)$/gm)].map(
  ([, code]) => code!,
)

type OwnError = Error & { readonly code: string; readonly docs: string }

/** Each class takes other arguments: this one is a text, a list and an object with any property. */
const argument = Object.assign(new String('x'), { map: () => [] })

const errors = Object.values(dialect)
  .filter((value) => typeof value === 'function')
  .filter(
    ({ prototype }) => prototype instanceof dialect.PoolError || prototype instanceof dialect.DialectError,
  )
  .map(
    (errorClass) =>
      Reflect.construct(
        errorClass,
        Array.from({ length: 4 }, () => argument),
      ) as OwnError,
  )

const sources = globSync('packages/*/src/**/*.ts', { cwd: root }).map((file) =>
  readFileSync(join(root, file), 'utf8'),
)
/** Those of errors and of warnings. */
const codesInSources = Array.from(
  sources.join('\n').matchAll(/'(POOL(?:CLASS)?_[A-Z_]+)'/g),
  ([, code]) => code!,
)

test('there are errors of both packages to look at', () => {
  expect(errors.length).toBeGreaterThanOrEqual(21)
  expect(codesInSources).toContain('POOL_WARNING')
})

test.each(errors.map((error) => [error.name, error] as const))(
  '%s has a heading on the page of errors, and carries its address',
  (name, { code, docs }) => {
    expect(headings).toContain(code)
    expect(docs).toBe(`@poolclass/dialect/docs/errors.md#${code.toLowerCase()}`)
    const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')
    expect(page).toContain(`### ${code}\n\n\`${name}\`. `)
  },
)

test('every code has one class, and every heading an error or a warning', () => {
  const codes = errors.map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  expect(headings.toSorted()).toEqual([...new Set(codesInSources)].toSorted())
})
