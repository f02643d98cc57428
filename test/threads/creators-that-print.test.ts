import { expect, test } from 'vitest'
import { ScriptProcess } from '../support/script-process.ts'

test('what a creator and its functions print is shown before the answer, and so is what “verbose” prints', async () => {
  const script = new ScriptProcess('threads/scripts/talking.ts')
  await script.ended()
  const ofUser = script.lines.filter((line) => !line.startsWith('PRAGMA'))
  expect(ofUser).toEqual([
    'module',
    'open: 1',
    'open: 2',
    'select 1 as x',
    'answered: select 1',
    "select say('a', 3)",
    'a: 1',
    'a: 2',
    'a: 3',
    'answered: say a',
    "select say('b', 2)",
    'b: 1',
    'b: 2',
    "select say('c', 2)",
    'c: 1',
    'c: 2',
    'answered: say b and c',
    "select warn('shown')",
    'destroyed',
  ])
  expect(script.errors).toBe('shown\n')
})

test('what a function prints is shown while it runs', async () => {
  const script = new ScriptProcess('threads/scripts/talking-and-then.ts', ['hold()'])
  await expect.poll(() => script.lines.slice(-3), { timeout: 120_000 }).toEqual(['a: 1', 'a: 2', 'a: 3'])
})

test('what a function prints before its thread ends is shown', async () => {
  const script = new ScriptProcess('threads/scripts/talking-and-then.ts', ['exit_thread()'])
  await script.ended()
  expect(script.lines.slice(-4)).toEqual(['a: 1', 'a: 2', 'a: 3', 'failed: POOLCLASS_THREAD_DIED'])
})

test('a thread goes on although nobody reads what it prints', async () => {
  const reader = ['sh', '-c', '"$@" | head -n 1', 'sh']
  const script = new ScriptProcess('threads/scripts/talking-to-nobody.ts', [], { behind: reader })
  await script.ended()
  expect(script.lines).toEqual(['module'])
  expect(script.errors).toBe('answered\n')
})
