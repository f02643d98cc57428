/** Packs each package as it would be published, has publint and attw look at the archive, and follows its links. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokenLinks } from './broken-links.ts'

const run = (command: string, args: readonly string[]): void => {
  execFileSync(command, args, { stdio: 'inherit' })
}

for (const name of ['pools', 'dialect']) {
  const folder = mkdtempSync(join(tmpdir(), `poolclass-${name}-`))
  try {
    run('npx', ['-y', 'pnpm@12.21.0', '--filter', `@poolclass/${name}`, 'pack', '--pack-destination', folder])
    const [archive = ''] = readdirSync(folder)
    const path = join(folder, archive)
    run('publint', ['run', path, '--strict'])
    run('attw', [path, '--profile', 'esm-only'])
    run('tar', ['-xzf', path, '-C', folder])
    const broken = brokenLinks(join(folder, 'package'))
    if (broken.length > 0) throw new Error(`links that lead nowhere in ${archive}:\n${broken.join('\n')}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
