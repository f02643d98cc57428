import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig, type TestTagDefinition } from 'vitest/config'
import { embedWorkerProgram } from './scripts/worker-program.ts'
import { SERVER_PROGRAM } from './test/support/server-program.ts'

/** What each project of tests starts from. The workspace's packages are tested as sources, not as built. */
const common = {
  extends: true as const,
  plugins: [embedWorkerProgram],
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
}

/** They make no difference between a connection in the calling thread and one in a worker thread, and run over both. */
export const testsOfConnections: string[] = [
  'test/{concurrency,kysely,sessions}/**/*.test.ts',
  'test/config/{hints,memory-lifetime}.test.ts',
]

/** They run again over each driver. All other tests of connections can: `DRIVER=node:sqlite pnpm exec vitest run --project kysely`. */
const testsOfDrivers: string[] = [
  'test/kysely/**/*.test.ts',
  'test/sessions/{attachments,backup,restore,session-statements,stale-schema}.test.ts',
  'test/config/{hints,memory-lifetime}.test.ts',
  'test/migrations/migrations.test.ts',
]

/** What the quick run repeats over worker threads: what travels, and what waits. */
const testsOfThreadsInQuickRun: string[] = [
  'test/kysely/**/*.test.ts',
  'test/concurrency/{held-connection,random-mix,streams-that-write}.test.ts',
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

const nodeSqliteInThreads = {
  ...common,
  test: {
    name: 'node:sqlite in threads',
    include: testsOfDriversInQuickRun,
    env: { DRIVER: 'node:sqlite', CONNECTIONS_IN_THREADS: '1' },
  },
}

/** The interface of its package, and so the code that uses it, is that of better-sqlite3: a few tests are enough. */
const cipherProject = {
  ...common,
  test: {
    name: 'ciphers',
    include: testsOfDriversInQuickRun,
    env: { DRIVER: 'better-sqlite3-multiple-ciphers' },
  },
}

/** For the quick run: a process for each file, as in the run of all tests, would take a fifth of its time. */
const sharedProcesses = { isolate: false, setupFiles: ['test/support/uris-on.ts'] }

/**
 * They count the timers of their process, or load what changes it, such as a bundler whose `process.cwd()` remembers, and
 * have a process of their own in the quick run, too.
 */
const testsAlone: string[] = [
  'test/{dialect,pools}/**/*.test.ts',
  'test/threads/bundle.test.ts',
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

/** `--mode quick` is what `pnpm test` runs: every claim once where it matters, in about two minutes. */
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
            typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], checker: 'tsc' },
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
          resolve: { ...common.resolve, alias: { kysely: 'kysely-0.28' } },
          test: {
            name: 'kysely 0.28',
            include: ['test/oldest-kysely/**/*.test.ts', 'test/sessions/sent-in-transactions.test.ts'],
          },
        },
      ],
    },
  }
})
