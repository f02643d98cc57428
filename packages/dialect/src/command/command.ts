#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander'
import { explain, type PooledSqliteDialectConfig } from '../index.ts'
import { bench } from './bench.ts'
import { benchText } from './bench-text.ts'
import { doctor } from './doctor.ts'
import { doctorText } from './doctor-text.ts'
import { explainText } from './explain-text.ts'
import { loadConfig } from './load-config.ts'

/** What overrides the config, and how to print. */
interface Options {
  readonly poolclass?: string
  readonly threads?: number
  readonly driver?: string
  readonly full?: boolean
  readonly json?: boolean
}

const program = new Command('poolclass')
  .description('Looks at SQLite databases as @poolclass/dialect uses them.')
  .showHelpAfterError()

command('explain', 'say what a URL or a config means; open nothing')
  .option('--poolclass <name>', 'another pool class than the config or the URL chooses')
  .option('--threads <count>', 'number of worker threads', wholeNumber)
  .action(async (database: string, options: Options) => {
    const explanation = explain(await configOf(database, options))
    print(options, explanation, explainText)
    if (explanation.error !== undefined) process.exitCode = 1
  })

command('doctor', 'look for what will hurt; change nothing')
  .option('--full', 'check every page and every foreign key too, which reads the whole file')
  .action(async (database: string, options: Options) => {
    const diagnosis = await doctor(await configOf(database, options), options.full === true)
    print(options, diagnosis, doctorText)
    if (!diagnosis.isHealthy) process.exitCode = 1
  })

command('bench', 'measure each pool class on a copy, with and without threads').action(
  async (database: string, options: Options) => {
    print(options, await bench(await configOf(database, options)), benchText)
  },
)

function command(name: string, summary: string): Command {
  return program
    .command(name)
    .description(summary)
    .argument('<database>', 'a URL, or a file with a config: .js, .ts or .json')
    .option('--driver <name>', 'the library that opens SQLite')
    .option('--json', 'print JSON')
}

async function configOf(database: string, options: Options): Promise<PooledSqliteDialectConfig> {
  const { poolclass, threads, driver } = options
  const config = await loadConfig(database)
  return {
    ...config,
    ...(poolclass !== undefined && { poolclass }),
    ...(threads !== undefined && { threads }),
    ...(driver !== undefined && { driver }),
  }
}

function print<Result>({ json }: Options, result: Result, textOf: (result: Result) => string): void {
  process.stdout.write(`${json === true ? JSON.stringify(result, undefined, 2) : textOf(result)}\n`)
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`)
  // A file that was read as a config may have started something.
  process.exit(1)
}
