import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { PlainDatabase } from '../support/plain-database.ts'
import { resultOf } from '../support/script-process.ts'
import { skips } from '../support/skips.ts'
import { compileShim, whyNoShim } from '../support/shim-vfs.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

// A VFS stays registered in its process: each case has one of its own.
describe.skipIf(whyNoShim !== undefined)(
  `a VFS that an extension registers${whyNoShim === undefined ? '' : ` (skipped: ${whyNoShim})`}`,
  () => {
    const ways = ['in this thread', 'in threads']
    // A creator is refused where nobody can see the VFS in what it returns.
    if (!skips.whereNamesAreNotTold) ways.push('with a creator')

    test.each(ways)('is there when the database that names it in its URL is opened, %s', async (how) => {
      const directory = temporaryDirectory()
      const script = 'config/scripts/opens-by-vfs.ts'
      const result = await resultOf(script, [directory, compileShim(directory), how])
      expect(result).toEqual({
        without: 'no such vfs: shim',
        rows: [{ a: 1 }],
        attached: [{ b: 2 }],
        migrated: ['kysely_migration', 'kysely_migration_lock', 't'],
      })
      expect(existsSync(`${directory}/app.db`)).toBe(true)
      const plain = new PlainDatabase(`${directory}/app.db`)
      expect(plain.prepare('select a from t').all()).toEqual([{ a: 1 }])
      plain.close()
    })
  },
)
