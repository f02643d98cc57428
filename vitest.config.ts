import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig, type TestTagDefinition } from 'vitest/config'
import type { VitestPluginContext } from 'vitest/node'
import { embedWorkerProgram } from './scripts/worker-program.ts'
import { BUNDLED_KYSELY, bundleKysely } from './test/support/bundled-kysely.ts'
import { SERVER_PROGRAM } from './test/support/server-program.ts'

await bundleKysely()

const bundledKysely = Object.entries(BUNDLED_KYSELY).map(([name, replacement]) => ({
  find: new RegExp(`^${name}$`),
  replacement,
}))

/**
 * Vitest keeps a transformed file until that file changes. The worker's program comes from other files, so threads would run
 * what these were before.
 */
const freshWorkerProgram = {
  name: 'keep no program of a worker',
  configureVitest({ defineCacheKeyGenerator }: VitestPluginContext): void {
    defineCacheKeyGenerator(({ id }) => (id.endsWith('/threads/worker-program.ts') ? false : undefined))
  },
}

/** What each project of tests starts from. The workspace's packages are tested as sources, not as built. */
const common = {
  extends: true as const,
  plugins: [embedWorkerProgram, freshWorkerProgram],
  resolve: { conditions: ['source'], alias: bundledKysely },
  ssr: { resolve: { conditions: ['source'] } },
}

/** They make no difference between a connection in the calling thread and one in a worker thread, and run over both. */
export const testsOfConnections: string[] = [
  'test/{concurrency,kysely,sessions}/**/*.test.ts',
  'test/config/{hints,memory-lifetime}.test.ts',
]

/**
 * They run again over `node:sqlite`: what users see of a connection, and what a driver has a part in besides. Left out is
 * what no driver has a part in: pools, URLs, the rest of the config, bundles, clocks, where threads are placed and what they
 * print, and the long random runs of test/faults, which are about sessions and locks. All the others can run there, too:
 * `DRIVER=node:sqlite pnpm exec vitest run --project kysely`.
 */
const testsOfDrivers: string[] = [
  ...testsOfConnections,
  'test/migrations/**/*.test.ts',
  'test/config/{creator,extension-vfs,extensions,pool-choice,pragmas}.test.ts',
  'test/faults/disk.test.ts',
  'test/threads/{aborted-queries,deaths,deaths-in-processes,destroying,ends,errors-from-threads}.test.ts',
  'test/threads/{files-across-threads,shared-memory-across-threads,streams-from-threads}.test.ts',
  'test/threads/{threads-that-end,values,what-cannot-travel}.test.ts',
]

/**
 * They run again over `better-sqlite3-multiple-ciphers`, with the quick run's effort: it is another build of SQLite under the
 * code of better-sqlite3, which the project `kysely` runs in full. What is encrypted has tests of its own in test/drivers.
 */
const testsOfCiphers: string[] = [
  ...testsOfConnections,
  'test/migrations/**/*.test.ts',
  'test/config/{creator,extensions,pool-choice,pragmas}.test.ts',
]

const testsOfWaits = 'test/concurrency/{held-connection,random-mix,streams-that-write}.test.ts'

/** What the quick run repeats over worker threads: what travels, and what waits. */
const testsOfThreadsInQuickRun: string[] = [
  'test/kysely/{destroy,left-writing-streams,parameters,results,statement-cache}.test.ts',
  'test/kysely/{streams,streams-in-transactions,transactions,vectors}.test.ts',
  testsOfWaits,
]

/**
 * They run again over `node:sqlite` with the connections in a worker thread, with the quick run's effort: what travels, and what
 * waits. Sessions and settings are in the calling thread, and know neither; the projects `threads` and `node:sqlite` run their tests.
 */
const testsOfNodeSqliteInThreads: string[] = [
  'test/kysely/**/*.test.ts',
  testsOfWaits,
  'test/migrations/**/*.test.ts',
  'test/config/{hints,memory-lifetime,extensions}.test.ts',
  'test/sessions/{backup,restore,stale-schema}.test.ts',
]

/** What the quick run repeats over each driver. */
const testsOfDriversInQuickRun: string[] = [
  'test/kysely/{parameters,results,streams,transactions}.test.ts',
  'test/migrations/migrations.test.ts',
]

/** They run again over a libSQL server, a new one for each test. What differs there is in `test/server`. */
const serverProject = {
  ...common,
  test: {
    name: 'server',
    include: [
      'test/kysely/{log,lost-transactions,parameters,plugins,results,streams-in-transactions,transactions}.test.ts',
      'test/migrations/migrations.test.ts',
    ],
    env: { DRIVER: 'libsql-server' },
  },
}

/** For the quick run: a process for each file, as in the run of all tests, would take a fifth of its time. */
const sharedProcesses = { isolate: false, setupFiles: ['test/support/uris-on.ts'] }

/**
 * They fake or count the timers of their process, replace a module, or load what changes it, such as a bundler whose
 * `process.cwd()` remembers, and have a process of their own in the quick run, too.
 */
const testsAlone: string[] = [
  'test/dialect/{busy,fifo-lock,statement-watch,unfinished-file}.test.ts',
  'test/pools/{generic-pool,interleavings,kept-connections,leak-detection,pool-events,waiting}.test.ts',
  'test/threads/{answer-watch,bundle,looking-for-answers,sleeper}.test.ts',
  'test/config/bundled-import.test.ts',
]

/**
 * How a test that takes a second or more states its weight: `test('a claim', { tags: 'slow' }, async () => {})`, or for all
 * tests of a file, `// @module-tag slow`. Others are run by every `pnpm test`.
 */
export const tagsOf = (isQuickRun: boolean, inThreads: boolean = false): TestTagDefinition[] => [
  { name: 'slow', description: 'not in the quick run', skip: isQuickRun },
  {
    name: 'slow-in-threads',
    description: 'in the quick run only with connections in the calling thread',
    skip: isQuickRun && inThreads,
  },
]

const nodeSqliteInThreads = {
  ...common,
  test: {
    name: 'node:sqlite in threads',
    include: testsOfNodeSqliteInThreads,
    tags: tagsOf(true, true),
    env: { EFFORT: '0.1', DRIVER: 'node:sqlite', CONNECTIONS_IN_THREADS: '1' },
  },
}

const cipherProject = {
  ...common,
  test: {
    name: 'ciphers',
    include: testsOfCiphers,
    tags: tagsOf(true),
    env: { EFFORT: '0.1', DRIVER: 'better-sqlite3-multiple-ciphers' },
  },
}

/** `--mode quick` is what `pnpm test` runs: every claim once where it matters, in less than two minutes. */
export default defineConfig(({ mode }) => {
  const isQuickRun = mode === 'quick'
  return {
    test: {
      pool: 'forks',
      // Many tests wait for a process, a thread or a lock, and leave their core to one more.
      maxWorkers: availableParallelism() + 1,
      restoreMocks: true,
      testTimeout: 180_000,
      expect: { poll: { timeout: 20_000 } },
      tags: tagsOf(isQuickRun),
      // Many tests are about warnings: they listen to them, and nobody has to read them.
      execArgv: ['--no-warnings'],
      env: {
        ...(isQuickRun && { EFFORT: '0.1' }),
        // Hundreds of threads and processes load the same sources: compiled once, that takes half of the time.
        NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled'),
      },
      projects: [
        {
          ...common,
          test: {
            name: 'kysely',
            ...(isQuickRun && sharedProcesses),
            include: ['test/**/*.test.ts'],
            exclude: ['test/oldest-kysely/**', ...(isQuickRun ? testsAlone : [])],
            typecheck: {
              enabled: true,
              include: ['test/**/*.test-d.ts'],
              checker: 'tsc',
              tsconfig: 'test/tsconfig.types.json',
            },
          },
        },
        ...(isQuickRun ? [{ ...common, test: { name: 'alone', include: testsAlone } }] : []),
        {
          ...common,
          test: {
            name: 'threads',
            ...(isQuickRun && sharedProcesses),
            include: isQuickRun ? testsOfThreadsInQuickRun : testsOfConnections,
            tags: tagsOf(isQuickRun, true),
            env: { CONNECTIONS_IN_THREADS: '1' },
          },
        },
        {
          ...common,
          test: {
            name: 'node:sqlite',
            ...(isQuickRun && sharedProcesses),
            include: isQuickRun ? testsOfDriversInQuickRun : testsOfDrivers,
            tags: tagsOf(isQuickRun, true),
            env: { DRIVER: 'node:sqlite' },
          },
        },
        ...(isQuickRun
          ? []
          : [nodeSqliteInThreads, cipherProject, ...(SERVER_PROGRAM !== undefined ? [serverProject] : [])]),
        {
          ...common,
          resolve: { conditions: ['source'], alias: { kysely: 'kysely-0.28' } },
          test: {
            name: 'kysely 0.28',
            include: [
              'test/oldest-kysely/**/*.test.ts',
              'test/sessions/sent-in-transactions.test.ts',
              'test/dialect/query-shapes.test.ts',
            ],
          },
        },
      ],
    },
  }
})
