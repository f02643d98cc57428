/**
 * Type-checks every block of TypeScript in README.md and docs, runs those that claim an output, and fails where one does not
 * compile or prints something else. `code-blocks/code-blocks.ts` says how a page marks them. Arguments: pages; default is all.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { agrees } from './code-blocks/agrees.ts'
import { type CodeBlock, codeBlocksOf } from './code-blocks/code-blocks.ts'
import { misquotes } from './code-blocks/misquotes.ts'
import { moduleOf } from './code-blocks/module-of.ts'

const root = resolve(import.meta.dirname, '..')
const pages = process.argv.length > 2 ? process.argv.slice(2) : allPages()
const all = pages.flatMap((page) => codeBlocksOf(root, page))
const blocks = all.filter(({ source }) => source === undefined)
/** Inside of the project, so that its packages are found as an application finds them. */
const folder = join(root, '.code-blocks')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
copyFileSync(join(import.meta.dirname, 'code-blocks/globals.ts'), join(folder, 'globals.ts'))
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({ compilerOptions: options(), include: ['*.ts'] }),
)
blocks.forEach((block, index) => writeFileSync(fileOf(index), moduleOf(block)))

const faults = [...misquotes(root, all), ...typeErrors(), ...(await wrongOutputs())]
for (const fault of faults) console.error(`${fault}\n`)
const runs = blocks.filter(({ output }) => output !== undefined).length
console.log(
  `${all.length} blocks of ${pages.length} pages are checked, ${runs} of them run: ${faults.length} faults`,
)
process.exitCode = faults.length === 0 && blocks.length > 0 ? 0 : 1

/** All but the page whose blocks are the files of one program: `packed/first-hour.ts` runs that as a whole. */
function allPages(): string[] {
  const docs = globSync('docs/**/*.md', { cwd: root, exclude: ['docs/first-hour.md'] })
  return ['README.md', 'packages/pools/README.md', ...docs].toSorted()
}

function fileOf(index: number): string {
  return join(folder, `block-${index}.ts`)
}

function options(): object {
  return {
    target: 'es2024',
    lib: ['esnext', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
  }
}

function typeErrors(): string[] {
  try {
    execFileSync('tsc', ['--pretty', 'false', '-p', folder], { cwd: folder, encoding: 'utf8' })
    return []
  } catch (error) {
    const { stdout } = error as { stdout?: string }
    if (stdout === undefined || stdout === '') throw error
    return stdout
      .trim()
      .split(/\n(?! )/)
      .map((line) =>
        line.replace(
          /^.*?block-(\d+)\.ts\((\d+),/,
          (_all, index: string, at: string) =>
            `${blocks[Number(index)]!.place} (${fileOf(Number(index))}:${at},`,
        ),
      )
  }
}

async function wrongOutputs(): Promise<string[]> {
  const waiting = blocks.flatMap((block, index) => (block.output === undefined ? [] : [{ block, index }]))
  const found: string[] = []
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const fault = await faultOf(next.block, next.index)
      if (fault !== undefined) found.push(fault)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return found
}

/** Runs a block in a folder of its own, which its page calls /srv/app. */
async function faultOf({ place, output = '' }: CodeBlock, index: number): Promise<string | undefined> {
  const cwd = mkdtempSync(join(tmpdir(), 'poolclass-block-'))
  try {
    const log = join(folder, `block-${index}.log`)
    const file = openSync(log, 'w')
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = spawn(process.execPath, [fileOf(index)], {
      cwd,
      env: { ...env, NO_COLOR: '1' },
      stdio: ['ignore', file, file],
      timeout: 30_000,
    })
    await once(child, 'close')
    const printed = readFileSync(log, 'utf8')
      .replaceAll(cwd, '/srv/app')
      .replaceAll(folder, '/srv/app')
      .replaceAll(`${root}/`, '…/')
    if (agrees(printed, output)) return undefined
    return `${place} prints\n${indented(printed)}\nand not\n${indented(output)}`
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

function indented(text: string): string {
  return text.trim().replaceAll(/^/gm, '    ')
}
