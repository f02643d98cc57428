import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { lexer } from 'marked'
import { agrees } from '../code-blocks/agrees.ts'
import { freePort } from './free-port.ts'
import type { Archives } from './project.ts'

const PAGE = new URL('../../docs/first-hour.md', import.meta.url)

/** What the page has a reader do: save a file, or type a command and see what it prints. */
type Step =
  | { readonly file: string; readonly content: string }
  | { readonly command: string; readonly output: string }

/** Does what docs/first-hour.md says, in a new folder and in one shell, and compares what that prints. */
export async function walkFirstHour(project: string, archives: Archives): Promise<void> {
  installable(project, archives)
  const port = String(await freePort())
  const shell = new Shell(project, port)
  const started = performance.now()
  try {
    for (const step of stepsOf(readFileSync(PAGE, 'utf8'))) {
      if ('file' in step) save(join(project, step.file), step.content)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      else await shell.run(withArchives(step.command, archives).replaceAll('3000', port), step.output)
    }
  } finally {
    await shell.end()
  }
  console.log(`first hour: every step, in ${Math.round((performance.now() - started) / 1000)} s`)
}

/** Lays the archives where the manifests of the project and of its image look for them. */
function installable(project: string, archives: Archives): void {
  for (const folder of ['archives', 'image/archives']) {
    mkdirSync(join(project, folder), { recursive: true })
    for (const path of Object.values(archives)) copyFileSync(path, join(project, folder, basename(path)))
  }
}

/** The packages are not published yet. */
function withArchives(command: string, archives: Archives): string {
  if (!command.startsWith('npm install')) return command
  const paths = Object.values(archives).map((path) => `./archives/${basename(path)}`)
  return command.replace('@poolclass/dialect', paths.join(' '))
}

function save(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function stepsOf(page: string): Step[] {
  return lexer(page).flatMap((token): Step[] => {
    if (token.type !== 'code') return []
    const { lang, text } = token as { lang?: string; text: string }
    if (lang === 'console') return commandsOf(text)
    const [, file] = /^(?:\/\/|#) (\S+)\n/.exec(text) ?? []
    if (file === undefined) throw new Error(`no name of a file in the first line of:\n${text}`)
    return [{ file, content: text }]
  })
}

function commandsOf(text: string): Step[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...output] = part.split('\n')
      return { command, output: output.join('\n') }
    })
}

const PATIENCE = 120_000

/** A shell in which one command is typed after the other. Both of its outputs are one text, as in a terminal. */
class Shell {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  #printed = ''

  constructor(cwd: string, port: string) {
    const npm = { npm_config_loglevel: 'error', npm_config_prefer_offline: 'true' }
    const path = `${dirname(process.execPath)}:${process.env['PATH']}`
    this.#child = spawn('bash', {
      cwd,
      env: { ...process.env, ...npm, PATH: path, PORT: port, NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child.stdin.write('exec 2>&1\n')
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#printed += text))
  }

  /** A command that goes on in the background has to print what it is said to; another one has to end first. */
  async run(command: string, expected: string): Promise<void> {
    this.#printed = ''
    const isBackground = command.endsWith('&')
    this.#child.stdin.write(
      isBackground ? `${command}\n` : `{ ${command}\n} < /dev/null\necho; echo ${END}\n`,
    )
    const isDone = (): boolean =>
      isBackground ? agrees(this.#printed, expected) : this.#printed.includes(`\n${END}\n`)
    const deadline = performance.now() + PATIENCE
    while (!isDone() && performance.now() < deadline && this.#child.exitCode === null) {
      // oxlint-disable-next-line no-await-in-loop -- until it is done
      await delay(20)
    }
    const printed = this.#printed.replace(`\n${END}\n`, '')
    if (!isDone() || !agrees(printed, expected))
      throw new Error(`docs/first-hour.md: ${command}\nprints\n${printed}\nand not\n${expected}`)
  }

  /** What a failed walk has left in the background ends with it. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const closed = once(this.#child, 'close')
    this.#child.stdin.end('kill $(jobs -p); exit\n')
    await closed
  }
}

const END = 'the end of a command'
