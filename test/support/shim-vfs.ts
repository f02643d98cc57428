import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Why the extension cannot be compiled here; undefined where it can. */
export const whyNoShim: string | undefined =
  process.platform === 'win32' || spawnSync('gcc', ['--version']).status !== 0 ? 'there is no gcc' : undefined

/** Compiles the extension that registers the VFS "shim", and returns its path without the suffix. */
export function compileShim(directory: string): string {
  const headers = join(dirname(createRequire(import.meta.url).resolve('better-sqlite3')), '../deps/sqlite3')
  const target = join(directory, 'shim')
  const suffix = process.platform === 'darwin' ? 'dylib' : 'so'
  const source = join(import.meta.dirname, 'shim-vfs.c')
  const args = ['-shared', '-fPIC', '-I', headers, source, '-o', `${target}.${suffix}`]
  const { status, stderr } = spawnSync('gcc', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`gcc ${args.join(' ')}: ${stderr}`)
  return target
}
