import { didYouMean } from '@poolclass/pools/did-you-mean'
import { expect, test } from 'vitest'

const KNOWN = ['poolSize', 'poolRecycle', 'poolPrePing', 'maxOverflow']

test.each([
  ['poolSze', 'poolSize', 'a letter left out'],
  ['poolSsize', 'poolSize', 'one too many'],
  ['poolSice', 'poolSize', 'another one'],
  ['poolSiez', 'poolSize', 'two exchanged'],
  ['pool_size', 'poolSize', 'the name in Python'],
  ['maximumOverflow', 'maxOverflow', 'a longer word'],
  ['PoolRecycling', 'poolRecycle', 'another end'],
])('%s is taken for %s: %s', (name, meant) => {
  expect(didYouMean(name, KNOWN)).toBe(meant)
})

test.each(['size', 'overflow', 'timeout', '', 'x'])('%s is near to nothing', (name) => {
  expect(didYouMean(name, ['poolPrePing', 'poolRecycle'])).toBeUndefined()
})
