import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ScriptProcess } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { creatorOf } from './creators.ts'

const SCRIPT = 'threads/scripts/exits-meanwhile.ts'

test('process.exit() lets a thread finish what it loads, because an addon that is interrupted aborts the process', async () => {
  const cwd = temporaryDirectory()
  const script = new ScriptProcess(SCRIPT, ['slow-to-open.ts', 'opening'], { cwd })
  await expect(script.ended()).rejects.toThrow('the process ended with 3')
  expect(existsSync(join(cwd, 'opened'))).toBe(true)
})

test('process.exit() does not wait for ever for a module that is never loaded', async () => {
  const module = creatorOf('setInterval(() => {}, 1000); await new Promise(() => {})')
  const script = new ScriptProcess(SCRIPT, [module.href], { cwd: temporaryDirectory() })
  await expect(script.ended()).rejects.toThrow('the process ended with 3')
}, 20_000)
