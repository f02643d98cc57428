/**
 * Packs each package as it would be published, has publint and attw look at the archive, follows its links, takes the steps of
 * docs/first-hour.md, and uses the archives as projects do. With `--all`: with each package manager, TypeScript, bundler and Node.js that they are made for.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokenLinks } from './broken-links.ts'
import { checkBundles } from './packed/bundles.ts'
import { checkDocComments } from './packed/doc-comments.ts'
import { walkFirstHour } from './packed/first-hour.ts'
import { checkNext, NEXT } from './packed/next.ts'
import { checkNodes, nodes } from './packed/nodes.ts'
import { PROGRAMS, writePrograms } from './packed/programs.ts'
import { type Archives, DRIVER_AND_KYSELY, type Manager, newProject, runIn } from './packed/project.ts'
import { run } from './packed/run.ts'
import { checkTypes, typescripts } from './packed/types.ts'

const root = join(import.meta.dirname, '..')
const isAll = process.argv.includes('--all')
const managers: readonly Manager[] = isAll ? ['npm', 'pnpm', 'yarn 1', 'yarn', "yarn, Plug'n'Play"] : ['pnpm'] // npm installs the other projects here
const typescriptVersions = isAll ? ['5.5', '5.6', '5.7', '5.8', '5.9', '6.0', '7.0'] : ['5.5', '7.0']
const nodeVersions = isAll ? ['22', '24', '26'] : ['22']

const folder = mkdtempSync(join(tmpdir(), 'poolclass-packed-'))
try {
  const archives = { '@poolclass/pools': checked('pools'), '@poolclass/dialect': checked('dialect') }
  checkWithoutDriver(archives)
  await walkFirstHour(join(folder, 'first-hour'), archives)
  for (const manager of managers) checkPrograms(manager, archives)
  const project = join(folder, 'tools')
  newProject(project, 'npm', archives, {
    ...DRIVER_AND_KYSELY,
    ...typescripts(typescriptVersions),
    ...nodes(nodeVersions),
    ...(isAll && NEXT),
  })
  checkTypes(project, typescriptVersions)
  checkDocComments(project, '5.5')
  writePrograms(project)
  await checkBundles(project, folder)
  checkNodes(project, nodeVersions)
  if (isAll) await checkNext(project)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Returns the path of the archive. pnpm packs it: npm leaves `workspace:` in a manifest. */
function checked(name: string): string {
  const own = join(folder, name)
  mkdirSync(own)
  run(
    'npx',
    ['-y', 'pnpm@12.21.0', '--filter', `@poolclass/${name}`, 'pack', '--pack-destination', own],
    root,
  )
  const [archive = ''] = readdirSync(own)
  const path = join(own, archive)
  run('publint', ['run', path, '--strict'], root)
  run('attw', [path, '--profile', 'esm-only'], root)
  run('tar', ['-xzf', path, '-C', own], root)
  for (const part of [
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'docs',
    'dist/index.js',
    'dist/index.d.ts',
    'src/index.ts',
  ]) {
    if (!existsSync(join(own, 'package', part))) throw new Error(`${archive} has no ${part}`)
  }
  const broken = brokenLinks(join(own, 'package'))
  if (broken.length > 0) throw new Error(`links that lead nowhere in ${archive}:\n${broken.join('\n')}`)
  console.log(`packed: ${archive}`)
  return path
}

function checkWithoutDriver(archives: Archives): void {
  const app = join(folder, 'without-driver')
  newProject(app, 'npm', archives, { kysely: DRIVER_AND_KYSELY.kysely })
  if (existsSync(join(app, 'node_modules/better-sqlite3')))
    throw new Error('npm has installed better-sqlite3')
  copyFileSync(join(import.meta.dirname, 'quick-start-without-driver.ts'), join(app, 'quick-start.ts'))
  run(process.execPath, ['quick-start.ts'], app)
  console.log('programs: npm, on node:sqlite, with no driver installed')
}

function checkPrograms(manager: Manager, archives: Archives): void {
  const project = join(folder, manager.replaceAll(/\W+/g, '-'))
  newProject(project, manager, archives, DRIVER_AND_KYSELY)
  writePrograms(project)
  for (const program of PROGRAMS) runIn(project, manager, program)
  console.log(`programs: ${manager}, import and require`)
}
