import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.ts'

/** The archives, by the names of their packages. */
export type Archives = Readonly<Record<string, string>>

export type Manager = 'npm' | 'pnpm' | 'yarn 1' | 'yarn' | "yarn, Plug'n'Play"

/** What a program needs besides the archives. */
export const DRIVER_AND_KYSELY = { 'better-sqlite3': '^13.0.0', kysely: '^0.29.0' }

/** Makes a project in a new folder, and installs the archives in it. */
export function newProject(
  project: string,
  manager: Manager,
  archives: Archives,
  dependencies: Readonly<Record<string, string>>,
): void {
  mkdirSync(project)
  const files = Object.fromEntries(Object.entries(archives).map(([name, path]) => [name, `file:${path}`]))
  // Nothing is published yet: what the one archive says of the other leads to no registry.
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...files, ...dependencies },
    resolutions: files,
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  INSTALL[manager](project, files)
}

const YARN = ['-y', '-p', '@yarnpkg/cli-dist@4', 'yarn']

const INSTALL: Readonly<Record<Manager, (project: string, files: Archives) => void>> = {
  npm: (project) => void run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], project),
  pnpm: (project, files) => {
    writeFileSync(join(project, 'pnpm-workspace.yaml'), JSON.stringify({ overrides: files }))
    run('npx', ['-y', 'pnpm@12.21.0', 'install', '--prefer-offline'], project)
  },
  'yarn 1': (project) => void run('npx', ['-y', 'yarn@1.22', 'install', '--ignore-engines'], project),
  yarn: (project) => installWithYarn(project, 'node-modules'),
  "yarn, Plug'n'Play": (project) => installWithYarn(project, 'pnp'),
}

function installWithYarn(project: string, nodeLinker: string): void {
  const settings = {
    nodeLinker,
    enableGlobalCache: false,
    enableImmutableInstalls: false,
    enableTelemetry: false,
    npmRegistryServer: run('npm', ['config', 'get', 'registry'], project).trim(),
  }
  writeFileSync(join(project, '.yarnrc.yml'), JSON.stringify(settings))
  writeFileSync(join(project, 'yarn.lock'), '')
  run('npx', [...YARN, 'install'], project)
}

/** Runs a file of the project as its package manager would. */
export function runIn(project: string, manager: Manager, file: string): string {
  return manager === "yarn, Plug'n'Play"
    ? run('npx', [...YARN, 'node', file], project)
    : run(process.execPath, [file], project)
}
