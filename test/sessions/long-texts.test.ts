import { describe, expect, test } from 'vitest'
import { sampled } from '../support/effort.ts'
import { resultOf } from '../support/script-process.ts'

/** What SQLite gives for the texts of `long-texts.ts`, whatever is in the gaps. */
const ANSWERS = {
  'the gap alone': 'RangeError',
  'pragma, the gap': 'SqliteError',
  'pragma, the gap, a semicolon': 'SqliteError',
  'the gap, pragma, a semicolon': 'SqliteError',
  'the gap, a select': [{ one: 1 }],
  'a select, the gap': [{ one: 1 }],
  'the gap, a pragma': [{ user_version: 0 }],
  'a pragma, the gap': [{ user_version: 0 }],
  'a pragma with gaps': [{ user_version: 0 }],
  'a setting with gaps': [],
  'the setting': [{ recursive_triggers: 1 }],
  'an attachment with gaps': [],
  'a detachment with gaps': [],
}

describe.each(sampled([':memory:', 'file:long-texts?mode=memory&cache=shared']))('on %s', (url) => {
  test.each([
    ['spaces', ' '],
    ['empty comments', '/**/'],
    ['comments', '/* * / ** */'],
    ['comments up to the end of the line', String.raw`-- ; /*\n`],
    ['spaces and comments', ' /* */ '],
  ])('SQL texts with 5000 times %s in every gap are answered as SQLite answers them', async (_, filler) => {
    expect(await resultOf('sessions/scripts/long-texts.ts', [url, filler, '5000'])).toEqual(ANSWERS)
  })
})
