import { freshRounds } from '../comparison/compare.ts'
import type { Results } from './results.ts'

export function introduction({ surroundings, plan }: Results): string {
  const { day, processor, processors, memory, system, node, versions } = surroundings
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `# Benchmarks

Written by \`npx -y pnpm@12.21.0 bench\`, which measures all of it again in one go. Every round of every figure is in
[benchmarks.json](benchmarks.json). What the figures mean for your program is in [speed](speed.md).

Measured on ${day}: ${processors} × ${processor}, ${Math.round(memory / 2 ** 30)} GiB, ${system}, Node.js ${node}; ${libraries.join(', ')}.

- Each contestant lives in a process of its own: V8 optimises its code for it alone, as it would in yours.
- ${plan.rounds} rounds. In each, all contestants take turns, in an order that is drawn anew, with a batch of about 30 ms.
  Cold start and memory take a new process for each round, and ${freshRounds(plan)} rounds.
- A cell has the median, the 10th to the 90th percentile in brackets, and how many times as fast it is as Kysely's
  \`SqliteDialect\` at the same place: the median of the ratios within each round.
- All have the same data and the same pragmas (\`synchronous = normal\` on files), check every result, and let the event loop turn
  during a batch, as a server does.
- better-sqlite3, and what is built on it, reads the URI of shared memory only because the benchmark sets
  \`SQLITE_USE_URI=1\` before it is loaded.
- Drivers run statements that were prepared once, by hand: they show what the query builder costs, too.`
}

export const explanation = `How many times as fast as Kysely's \`SqliteDialect\`, whose time is in the first column. The pool class is the fastest one
of each row; the tables below have all of them.`

export const peersExplained = `Dialects that beat the best pool class of their row, and drivers that beat better-sqlite3, which is under every pool class: by more than
two percent, in nine of ten rounds. Each is explained below its table. The drivers beat every dialect in short queries, because nobody builds
their SQL.`
