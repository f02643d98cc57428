import * as sources from '@poolclass/dialect'
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'

test('the built package exports what the sources export, and its classes have the same names', async () => {
  const { exported, adapter, compiler } = await resultOf('config/scripts/built-names.ts', [], { node: [] })
  const named = Object.entries(sources).map(([key, value]) => [key, (value as { name?: string }).name])
  expect(exported).toEqual(Object.fromEntries(named))
  // Tools know dialects by these.
  expect({ adapter, compiler }).toEqual({ adapter: 'SqliteAdapter', compiler: 'SqliteQueryCompiler' })
})

test('what a program imports of the built packages is ASCII, of which V8 keeps one byte for each character', () => {
  const files = globSync('packages/*/dist/{index,shared,open-apart,server,opentelemetry}.js')
  expect(files.length).toBeGreaterThanOrEqual(3)
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  for (const file of files)
    expect([file, /[^\0-\x7F]/.exec(readFileSync(file, 'utf8'))]).toEqual([file, null])
})
