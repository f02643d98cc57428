import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { PlainDatabase } from './plain-database.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A connection that the dialect knows nothing of, until the test ends. */
export function openPlain(
  filename: string = join(temporaryDirectory(), 'plain.db'),
  options?: ConstructorParameters<typeof PlainDatabase>[1],
): PlainDatabase {
  const database = new PlainDatabase(filename, options)
  onTestFinished(() => {
    database.close()
  })
  return database
}
