import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { UnfinishedFile } from '../../packages/dialect/src/backup/unfinished-file.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A file system without hard links. */
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  link: () =>
    Promise.reject(Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' })),
}))

test('a backup has its name also where the file system has no hard links, and leaves nothing else', async () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'backup.db')
  const file = await UnfinishedFile.create(path, false, undefined)
  writeFileSync(file.path, 'complete')
  await file.finish()
  expect(readdirSync(directory)).toEqual(['backup.db'])
  expect(readFileSync(path, 'utf8')).toBe('complete')
})

test('a backup leaves the file that came into being meanwhile as it is, where the file system has no hard links', async () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'backup.db')
  const file = await UnfinishedFile.create(path, false, undefined)
  writeFileSync(path, 'precious')
  await expect(file.finish()).rejects.toThrow('The file exists.')
  await file.discard()
  expect(readdirSync(directory)).toEqual(['backup.db'])
  expect(readFileSync(path, 'utf8')).toBe('precious')
})
