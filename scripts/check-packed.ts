/**
 * Packs each package as it would be published, has publint and attw look at the archive, and follows its links. Then installs
 * both where there is no driver, and runs a quick start on `node:sqlite`.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokenLinks } from './broken-links.ts'

const run = (command: string, args: readonly string[], cwd = process.cwd()): void => {
  execFileSync(command, args, { stdio: 'inherit', cwd })
}

const folder = mkdtempSync(join(tmpdir(), 'poolclass-packed-'))
try {
  quickStart([checked('pools'), checked('dialect')])
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Returns the path of the archive. */
function checked(name: string): string {
  const own = join(folder, name)
  mkdirSync(own)
  run('npx', ['-y', 'pnpm@12.21.0', '--filter', `@poolclass/${name}`, 'pack', '--pack-destination', own])
  const [archive = ''] = readdirSync(own)
  const path = join(own, archive)
  run('publint', ['run', path, '--strict'])
  run('attw', [path, '--profile', 'esm-only'])
  run('tar', ['-xzf', path, '-C', own])
  const broken = brokenLinks(join(own, 'package'))
  if (broken.length > 0) throw new Error(`links that lead nowhere in ${archive}:\n${broken.join('\n')}`)
  return path
}

function quickStart(archives: readonly string[]): void {
  const app = join(folder, 'app')
  mkdirSync(app)
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }')
  run('npm', ['install', '--no-audit', '--no-fund', ...archives], app)
  if (existsSync(join(app, 'node_modules/better-sqlite3')))
    throw new Error('npm has installed better-sqlite3')
  copyFileSync(join(import.meta.dirname, 'quick-start-without-driver.ts'), join(app, 'quick-start.ts'))
  run(process.execPath, ['quick-start.ts'], app)
}
