import * as sources from '@poolclass/dialect'
import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'

test('the built package exports what the sources export, and its classes have the same names', async () => {
  const { exported, adapter, compiler } = await resultOf('config/scripts/built-names.ts', [], { node: [] })
  const named = Object.entries(sources).map(([key, value]) => [key, (value as { name?: string }).name])
  expect(exported).toEqual(Object.fromEntries(named))
  // Tools know dialects by these.
  expect({ adapter, compiler }).toEqual({ adapter: 'SqliteAdapter', compiler: 'SqliteQueryCompiler' })
})
