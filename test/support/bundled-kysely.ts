import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const DIRECTORY = join(import.meta.dirname, '../../node_modules/.cache/kysely')

/** The files that stand for Kysely's entries in the tests, and in the processes and threads that they start. */
export const BUNDLED_KYSELY: Readonly<Record<string, string>> = {
  kysely: join(DIRECTORY, 'kysely.mjs'),
  'kysely/migration': join(DIRECTORY, 'migration.mjs'),
}

/** Kysely is 300 files. In three it loads in a fifth of the time, which hundreds of processes and threads of the tests take. */
export async function bundleKysely(): Promise<void> {
  const { rolldown } = await import('rolldown')
  const bundle = await rolldown({
    input: { kysely: pathOf('kysely'), migration: pathOf('kysely/migration') },
    platform: 'node',
  })
  const { output } = await bundle.generate({
    format: 'esm',
    keepNames: true,
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name].mjs',
  })
  await bundle.close()
  mkdirSync(DIRECTORY, { recursive: true })
  for (const file of output) {
    if (file.type === 'chunk') writeUnlessSame(join(DIRECTORY, file.fileName), file.code)
  }
}

const pathOf = (entry: string): string => fileURLToPath(import.meta.resolve(entry))

/** Another run may be loading it. */
function writeUnlessSame(path: string, text: string): void {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
}
